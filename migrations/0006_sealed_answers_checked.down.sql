-- Nothing to do: the release before works with a validated constraint.
SELECT;
