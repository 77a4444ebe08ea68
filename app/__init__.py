"""The web app: Streamlit pages over the facade, and nothing else."""
