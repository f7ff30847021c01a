using System.Globalization;
using ControlTower.Data.Canonical;
using ControlTower.Data.Flows;
using ControlTower.Data.Returns;
using ControlTower.Sync.Returns;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Returns;

/// <summary>Somebody stands at the counter, or wrote: which order, which pieces, why, and in which condition.</summary>
public sealed partial class ReturnStartPage
{
    private const int MostFound = 10;

    private static readonly IReadOnlyList<Crumb> Above = [new("Returns", Links.Returns)];

    private IReadOnlyList<OrderRow>? found;
    private OrderRow? order;
    private List<Wanted> lines = [];
    private IReadOnlyList<ReturnPlace> places = [];
    private Guid id = Guid.NewGuid();
    private string text = "", store = "";
    private bool receipt = true;

    /// <summary>The order's flow.</summary>
    [SupplyParameterFromQuery(Name = "order")] public string? Order { get; set; }

    /// <summary>What was looked for.</summary>
    [SupplyParameterFromQuery(Name = "q")] public string? Sought { get; set; }
    [Inject] private OrderQueries Orders { get; set; } = default!;
    [Inject] private ReturnQueries Queries { get; set; } = default!;
    [Inject] private ReturnDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;

    protected override Following Follows => new("The order");

    protected override void Show(string uri) => text = Sought ?? text;

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var known = await Queries.PlacesAsync(cancel);
        var chosen = long.TryParse(Order, NumberStyles.None, CultureInfo.InvariantCulture, out var flow) ? await Orders.RowsAsync([flow], cancel) : [];
        var sold = chosen is [var asked] && order?.Id != asked.Id ? await Queries.SoldAsync(asked.Id, cancel) : null;
        var some = order is null && sold is null && text.Trim().Length > 0 ? await Orders.FindAsync(OrderSearchText.Parse(text), MostFound, cancel) : null;
        cancel.ThrowIfCancellationRequested();
        (places, found) = (known, some);
        if (sold is not null)
        {
            (order, id, lines) = (chosen[0], Guid.NewGuid(), [.. sold.Select(l => new Wanted(l))]);
        }
    }

    private void FindAsync()
    {
        order = null;
        Navigation.NavigateTo($"{Links.StartReturn}?q={Uri.EscapeDataString(text.Trim())}");
    }

    private Task StartAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.ReturnsStart);
        var wanted = lines.Where(l => l.Pieces > 0).ToList();
        var goods = store.Length == 0 ? null : wanted.ConvertAll(l => new InspectedLine(l.Line.Id, l.Pieces, l.Condition));
        var wish = new ReturnWish(id, order!.Id, wanted.ConvertAll(l => new ReturnedLine(l.Line.Id, l.Pieces, l.Reason)), store.Length == 0 ? null : store, receipt, goods);
        switch (await Desk.StartAsync(wish, actor, Gone))
        {
            case ReturnAnswer.Taken taken:
                Navigation.NavigateTo($"{Links.Returns}?view=all&q={Uri.EscapeDataString(taken.ReturnId)}");
                break;
            case ReturnAnswer.Refused refused:
                (Acts.Wrong, id) = (refused.Words, Guid.NewGuid());
                break;
            default:
                break;
        }
    });

    private sealed class Wanted(SoldOrderLine line)
    {
        public SoldOrderLine Line => line;

        public int Pieces { get; set; }

        public string Reason { get; set; } = ReturnReasons.Unwanted;

        public GoodsCondition Condition { get; set; }
    }
}
