using System.Data.Common;
using ControlTower.Data.Flows;
using ControlTower.Data.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Shared;
using MudBlazor;

namespace ControlTower.Web.Pages.Orders;

/// <summary>Orders and cases in the palette, by any id that a person can paste. The last hit opens the list with the same text, whatever was found.</summary>
public sealed class OrderSearch(OrderQueries orders, CaseQueries cases, TimeProvider clock) : IPaletteSearch
{
    private const int Most = 8;

    public async Task<IReadOnlyList<PaletteHit>> FindAsync(string text, SignedIn person, CancellationToken stop)
    {
        var sought = OrderSearchText.Parse(text);
        if (sought.IsEmpty || !person.May(Permissions.OrdersRead))
        {
            return [];
        }

        var list = new PaletteHit("Orders", $"Search orders for {sought.Terms[^1]}", "", (OrdersQuery.All with { Text = text.Trim() }).Href(), Icons.Material.Rounded.ManageSearch);
        try
        {
            var found = await orders.FindAsync(sought, Most, stop);
            IReadOnlyList<PaletteHit> problems = person.May(Permissions.ExceptionsRead) ? await CasesAsync(sought, found, stop) : [];
            return [.. problems, .. found.Select(Hit), list];
        }
        catch (DbException)
        {
            // Never "nothing found" for a question that was not answered.
            return [list with { Note = "The database did not answer. Try it there." }];
        }
    }

    private PaletteHit Hit(OrderRow row)
    {
        var standing = OrderWords.Standing(row, clock.GetUtcNow());
        return new PaletteHit("Orders", row.Name, $"{row.SourceName} · {Say.Money(row.Value)} · {OrderWords.Stage(row.Stage)} · {standing.Word}", Links.Order(row.Id), Icons.Material.Outlined.ReceiptLong);
    }

    private async Task<IReadOnlyList<PaletteHit>> CasesAsync(OrderSearchText sought, IReadOnlyList<OrderRow> found, CancellationToken stop)
    {
        List<long> ids = [.. found.Select(row => row.Case?.Id).OfType<long>()];
        if (sought.CaseId is { } exact)
        {
            ids.Insert(0, exact);
        }

        var rows = await cases.RowsAsync([.. ids.Distinct().Take(3)], stop);
        return [.. rows.Select(row => new PaletteHit("Cases", $"{OrderSearchText.CaseCode(row.Id)} {row.Title}", $"{row.Name} · {row.State}", Links.Case(row.Id), Icons.Material.Outlined.WarningAmber))];
    }
}
