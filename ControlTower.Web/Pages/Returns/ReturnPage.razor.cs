using ControlTower.Data.Live;
using ControlTower.Data.Returns;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Sync.Returns;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Returns;

/// <summary>One return: the way back, the policy's decision, goods, documents, and what may be done.</summary>
public sealed partial class ReturnPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Returns", Links.Returns)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private ReturnDetail? detail;
    private ReturnView? view;
    private IDisposable? feed;

    [Parameter] public long Id { get; set; }
    [Inject] private ReturnQueries Queries { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ReturnPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private bool MayOpenOrders { get; set; }

    private bool MayOpenCases { get; set; }

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        feed?.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("The return", Clock, Log);
            feed = Feed.Subscribe(LiveTopics.Flows | LiveTopics.Cases, () => InvokeAsync(LoadAsync));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        var person = SignedIn.From((await Auth).User);
        (MayOpenOrders, MayOpenCases) = (person?.May(Permissions.OrdersRead) == true, person?.May(Permissions.ExceptionsRead) == true);
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested)
        {
            return;
        }

        await panel.AskAsync(async () =>
        {
            detail = await Queries.FindAsync(Id, gone.Token);
            view = detail is null ? null : ReturnView.Of(detail);
        });
        Shell.Live(panel.Fault is null && Feed.IsConnected ? Shared.Feed.Live : Shared.Feed.Late, panel.AnsweredAt);
        StateHasChanged();
    }

    private Task SaidAsync() => LoadAsync();

    private bool Reached(string stage)
    {
        var order = ReturnStages.InOrder.ToList();
        return detail is { } known && order.IndexOf(known.Head.Stage) >= order.IndexOf(stage);
    }

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
