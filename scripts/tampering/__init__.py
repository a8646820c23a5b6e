"""Ways of tampering with a sealed register, and trials of whether the verifier finds them out."""
