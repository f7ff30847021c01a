using ControlTower.Data.Live;
using ControlTower.Data.Returns;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Sync.Returns;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Returns;

/// <summary>One return: the way back, the policy's decision, goods, documents, and what may be done.</summary>
public sealed partial class ReturnPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Returns", Links.Returns)];

    private ReturnDetail? detail;
    private ReturnView? view;

    [Parameter] public long Id { get; set; }
    [Inject] private ReturnQueries Queries { get; set; } = default!;

    private bool MayOpenOrders => Person?.May(Permissions.OrdersRead) == true;

    private bool MayOpenCases => Person?.May(Permissions.ExceptionsRead) == true;

    protected override Following Follows => new("The return", LiveTopics.Flows | LiveTopics.Cases);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var found = await Queries.FindAsync(Id, cancel);
        cancel.ThrowIfCancellationRequested();
        (detail, view) = (found, found is null ? null : ReturnView.Of(found));
    }

    private Task SaidAsync() => LoadAsync();

    private bool Reached(string stage)
    {
        var order = ReturnStages.InOrder.ToList();
        return detail is { } known && order.IndexOf(known.Head.Stage) >= order.IndexOf(stage);
    }
}
