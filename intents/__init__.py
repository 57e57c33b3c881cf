"""What people mean: normalisation, safety rules, the matcher, and phrases as data."""
