"""What stands between the network and Streamlit: hosts, headers, uploads, messages, shutdown."""
