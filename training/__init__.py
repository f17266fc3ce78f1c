"""What one configuration's training is: the data, the models, and the trainers that train all folds in lockstep."""
