using System.Data.Common;
using ControlTower.Data.Connections;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace ControlTower.Web.Pages.Connections;

/// <summary>Recent calls of a connection, with what was said one click below for those who may read it.</summary>
public sealed partial class CallsPanel : ComponentBase
{
    private readonly CallsModel model = new();
    private CallDetail? detail;
    private long? asked;
    private string? outcome;
    private bool gone;
    private bool toPane;
    private Fault? fault;

    [Parameter, EditorRequired] public string Id { get; set; } = "";

    /// <summary>The newest calls of any outcome, shared by all who look.</summary>
    [Parameter, EditorRequired] public IReadOnlyList<CallLine> Shown { get; set; } = [];
    [Parameter, EditorRequired] public ConnectionQuery Query { get; set; } = default!;

    /// <summary>The viewer may see bodies.</summary>
    [Parameter] public bool MayRead { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private CallQueries Calls { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private IJSRuntime Js { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<CallsPanel> Log { get; set; } = default!;

    private TimeZoneInfo Zone => (Viewer ?? ControlTower.Web.Shared.Viewer.Default).StoreZone;

    private List<CallLine> Rows => [.. model.Lines];

    /// <summary>Opens the neighbour of the open call, or the first.</summary>
    public Task MoveAsync(int by)
    {
        if (model.Neighbour(Query.Call, by) is { } id)
            Go(Query with { Call = id });
        return Task.CompletedTask;
    }

    public Task CloseAsync()
    {
        if (Query.Call is not null)
            Go(Query with { Call = null });
        return Task.CompletedTask;
    }

    protected override async Task OnParametersSetAsync()
    {
        if (outcome != Query.Outcome)
        {
            outcome = Query.Outcome;
            model.Clear();
        }

        await LoadAsync();
    }

    // Below a long list the pane would open out of sight.
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!toPane)
            return;
        toPane = false;
        await Js.InvokeVoidAsync("ctList.show", "[data-ct=call-pane]");
    }

    private Task LoadAsync() => AskAsync(async () =>
    {
        model.Offer(await NewestAsync(), Query.Call is not null);
        if (asked == Query.Call)
            return;
        (asked, detail, gone) = (Query.Call, null, false);
        if (Query.Call is { } id)
        {
            detail = await Calls.FindAsync(Id, id, MayRead);
            (gone, toPane) = (detail is null, true);
        }
    });

    private Task OlderAsync() => AskAsync(async () => model.Append(await Calls.LatestAsync(Id, Query.Outcome, model.Lines[^1].Id)));

    private Task ShowNewAsync() => AskAsync(async () => model.Take(await NewestAsync()));

    private async Task FreezeAsync()
    {
        model.Freeze(!model.Frozen);
        if (!model.Frozen)
            await ShowNewAsync();
    }

    // Without a filter the newest are at hand already, read once for everybody.
    private async Task<IReadOnlyList<CallLine>> NewestAsync() => Query.Outcome is null ? Shown : await Calls.LatestAsync(Id, Query.Outcome, null);

    private Task FilterAsync(ChangeEventArgs change)
    {
        var chosen = change.Value as string;
        Go(new ConnectionQuery(CallOutcomes.All.Contains(chosen, StringComparer.Ordinal) ? chosen : null, null));
        return Task.CompletedTask;
    }

    private async Task AskAsync(Func<Task> question)
    {
        try
        {
            await question();
            fault = null;
        }
        catch (Exception error) when (error is DbException or TimeoutException)
        {
            fault ??= new Fault("The calls could not be read: the database did not answer.", Clock.GetUtcNow(), Guid.NewGuid().ToString("N")[..8]);
            NotRead(Log, error, fault.Id);
        }
    }

    private void Open(long id) => Go(Query with { Call = Query.Call == id ? null : id });

    private void Go(ConnectionQuery query) => Navigation.NavigateTo(query.Href(Id), replace: true);

    private static string Purpose(CallLine line) => line.Purpose switch
    {
        "PostSalesOrder" => "post order",
        "UpdateSalesOrder" => "change order",
        "CancelSalesOrder" => "cancel order",
        "AcknowledgeOrder" => "acknowledge",
        "ShipSalesOrder" => "ship and invoice",
        "FulfilOrder" => "tell shipment",
        "PostPayment" => "post payment",
        "PostCreditMemo" => "post credit memo",
        "RefundPayment" => "refund",
        "CloseReturn" => "close return",
        "look-up" => "look up",
        "feed" => "read changes",
        "test" => "test",
        "subscribe" => "subscribe",
        _ => line.Purpose,
    };

    [LoggerMessage(EventId = 3111, Level = LogLevel.Warning, Message = "Calls could not be read ({FaultId})")]
    private static partial void NotRead(ILogger log, Exception error, string faultId);
}
