"""Past one process: posts encoded by Ray Data, and encoders served by Ray Serve.

Ray is not among what the app needs; ``requirements-scale.txt`` has it.
"""
