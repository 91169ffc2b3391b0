"""What an import says about itself."""
