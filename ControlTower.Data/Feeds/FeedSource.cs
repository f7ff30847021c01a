namespace ControlTower.Data.Feeds;

/// <param name="Name">Of the column in the statement.</param>
/// <param name="Width">In characters, where the format has widths.</param>
/// <param name="IsAmount">It is summed, apart for each currency: the control total of both sides.</param>
/// <param name="IsCurrency">It says the currency of the amounts of its row.</param>
public sealed record FeedColumn(string Name, string Title, int Width, bool IsAmount = false, bool IsCurrency = false);

/// <summary>
/// A list of one business day. Its statement takes the day (<c>$1</c>), the brand or an empty text (<c>$2</c>) and the two ends of the day (<c>$3</c>, <c>$4</c>); asked again about a day that is over it says the
/// same as long as nothing is told late.
/// </summary>
/// <param name="Id">As stored.</param>
/// <param name="What">What it is, for people.</param>
/// <param name="IsOfNow">It says how things stand when it is made: of a day that is long over there is nothing to list.</param>
public sealed record FeedSource(string Id, string Title, string What, IReadOnlyList<FeedColumn> Columns, string Sql, string Order, bool IsOfNow = false)
{
    /// <summary>The rows, in an order that is always the same.</summary>
    public string RowsSql => $"select {string.Join(", ", Columns.Select(c => "x." + c.Name))} from ({Sql}) x order by {Order}";

    /// <summary>What the source says of itself: how many rows, and the sum of each amount by currency. The database counts; nothing of the file is asked.</summary>
    public string CountSql
    {
        get
        {
            var currency = Columns.FirstOrDefault(c => c.IsCurrency)?.Name;
            var sums = Columns.Where(c => c.IsAmount).Select(c => $"select '{c.Title}'{(currency is null ? "" : $" || coalesce(' ' || {currency}, '')")} as k, coalesce(sum({c.Name}), 0) as v from x group by 1");
            return $"with x as materialized ({Sql}) select (select count(*) from x), coalesce((select jsonb_object_agg(k, v) from ({string.Join(" union all ", sums)}) s), '{{}}')::text";
        }
    }
}
