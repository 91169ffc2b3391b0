"""Which parameters matter: elasticities, Sobol indices, chance against parameters, value of knowing more."""
