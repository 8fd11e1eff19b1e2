"""Links to exports, and exports that are generated or sent by mail."""
