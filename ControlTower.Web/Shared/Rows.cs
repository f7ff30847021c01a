namespace ControlTower.Web.Shared;

/// <summary>Walking down a list by keys.</summary>
public static class Rows
{
    /// <summary>The row so many below the current one (above, if negative), at most the last (the first); the first where none is current. The list is not empty.</summary>
    public static T Step<T>(this IReadOnlyList<T> rows, Func<T, bool> isCurrent, int by)
    {
        var at = 0;
        while (at < rows.Count && !isCurrent(rows[at]))
        {
            at++;
        }

        return at == rows.Count ? rows[0] : rows[Math.Clamp(at + by, 0, rows.Count - 1)];
    }
}
