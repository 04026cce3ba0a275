-- A constraint that was checked is none the worse for the release before.
SELECT;
