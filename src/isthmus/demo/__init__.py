"""The bundled demo: a small world of five platforms, simulated people and one invented reader."""
