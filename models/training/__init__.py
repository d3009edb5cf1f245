"""How the packaged model was made: data, training, quantising, evaluation."""
