"""Operations of screens and commands beyond one call of the client, so that neither has rules of its own."""
