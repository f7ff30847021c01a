using System.Text;
using GraphQL;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>
/// Pages of nodes with cursors made of sort keys, so that a page after a cursor stays right while rows come and go before it.
/// </summary>
internal static class Connection
{
    public const int Largest = 250;

    public static INode Of(string type, Asked asked, IReadOnlyList<INode> nodes) =>
        Of(type, asked, nodes.Select((n, i) => (Key: i.ToString("D10", System.Globalization.CultureInfo.InvariantCulture), Node: n)).ToList());

    /// <param name="sorted">Nodes with keys that ascend in the order in which they are returned when not reversed.</param>
    public static INode Of(string type, Asked asked, IReadOnlyList<(string Key, INode Node)> sorted)
    {
        var first = asked.Arg<int?>("first");
        var last = asked.Arg<int?>("last");
        if (first is null && last is null) throw new ExecutionError("you must provide one of first or last") { Code = "BAD_REQUEST" };
        if ((first ?? last) is < 0 or > Largest) throw new ExecutionError("first and last must be from 0 to 250") { Code = "BAD_REQUEST" };
        IEnumerable<(string Key, INode Node)> rows = asked.Arg<bool?>("reverse") == true ? sorted.Reverse() : sorted;
        var list = rows.ToList();
        var from = asked.Arg<string>("after") is { } after ? Place(list, after) + 1 : 0;
        var to = asked.Arg<string>("before") is { } before ? Place(list, before) : list.Count;
        var window = list.Skip(from).Take(Math.Max(0, to - from)).ToList();
        var page = first is { } n ? window.Take(n).ToList() : window.TakeLast(last!.Value).ToList();
        var start = page.Count == 0 ? from : from + (first is null ? window.Count - page.Count : 0);
        return new Bag(type + "Connection")
        {
            ["nodes"] = page.Select(r => r.Node),
            ["edges"] = page.Select(r => new Bag(type + "Edge") { ["cursor"] = Cursor(r.Key), ["node"] = r.Node }),
            ["pageInfo"] = new Bag("PageInfo")
            {
                ["hasNextPage"] = start + page.Count < list.Count,
                ["hasPreviousPage"] = start > 0,
                ["startCursor"] = page.Count == 0 ? null : Cursor(page[0].Key),
                ["endCursor"] = page.Count == 0 ? null : Cursor(page[^1].Key),
            },
        };
    }

    private static string Cursor(string key) => Convert.ToBase64String(Encoding.UTF8.GetBytes(key));

    /// <summary>Where the cursor's row stands, or the last row before where it stood.</summary>
    private static int Place(List<(string Key, INode Node)> rows, string cursor)
    {
        string key;
        try
        {
            key = Encoding.UTF8.GetString(Convert.FromBase64String(cursor));
        }
        catch (FormatException e)
        {
            throw new ExecutionError("Invalid cursor for current pagination sort.", e) { Code = "BAD_REQUEST" };
        }

        var descending = rows.Count > 1 && string.CompareOrdinal(rows[0].Key, rows[^1].Key) > 0;
        return rows.FindLastIndex(r => descending ? string.CompareOrdinal(r.Key, key) >= 0 : string.CompareOrdinal(r.Key, key) <= 0);
    }
}
