"""The web app: Streamlit pages over the workspace, and nothing else."""
