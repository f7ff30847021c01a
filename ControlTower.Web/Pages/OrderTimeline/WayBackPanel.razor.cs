using ControlTower.Data.Returns;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Web.Pages.Returns;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.OrderTimeline;

/// <summary>The returns of an order, beside its way out; nothing where there are none.</summary>
public sealed partial class WayBackPanel : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private List<ReturnRow> returns = [];
    private (long Order, DateTimeOffset? At) asked;

    [Parameter, EditorRequired] public long OrderId { get; set; }

    /// <summary>When the page was answered last: it is asked again with the page.</summary>
    [Parameter, EditorRequired] public DateTimeOffset? At { get; set; }
    [Inject] private ReturnQueries Queries { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<WayBackPanel> Log { get; set; } = default!;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (RendererInfo.IsInteractive && asked != (OrderId, At))
        {
            asked = (OrderId, At);
            await LoadAsync();
        }
    }

    private async Task LoadAsync()
    {
        panel ??= new PanelGuard("The returns of this order", Clock, Log);
        var order = OrderId;
        await panel.AskAsync(async () =>
        {
            var found = await Queries.OfOrderAsync(order, gone.Token);
            returns = order == OrderId ? found : returns;
        });
    }

    // In words, so that it reads the same to every eye: what has been done so far.
    private static string Reached(ReturnRow row)
    {
        var at = ReturnStages.InOrder.ToList().IndexOf(row.Stage);
        return at < 0 ? ReturnWords.Stage(row.Stage) : string.Join(" → ", ReturnStages.InOrder.Take(at + 1).Select(ReturnWords.Step));
    }
}
