using ControlTower.Data.Operations;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace ControlTower.Web.Pages.Operations;

/// <summary>The tower's own machinery: pumps, workers, schedule, jobs.</summary>
public sealed partial class OperationsPage : ComponentBase, IDisposable
{
    private SignedIn? person;
    private IReadOnlyList<IDisposable> watching = [];
    private Shown<IReadOnlyList<NodeLine>> nodes = Shown<IReadOnlyList<NodeLine>>.Nothing;
    private IReadOnlyList<PumpRow> pumps = [];

    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private OperationsFeed Feed { get; set; } = default!;
    [Inject] private LiveFeed Live { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    public void Dispose()
    {
        foreach (var watch in watching)
            watch.Dispose();
        Shell.Live(null);
    }

    protected override async Task OnInitializedAsync()
    {
        person = SignedIn.From((await Auth).User);
        Compose();
        if (RendererInfo.IsInteractive)
            watching = [Feed.Nodes.Watch(() => _ = InvokeAsync(Refresh)), Feed.Jobs.Watch(() => _ = InvokeAsync(Refresh)), Feed.Integrity.Watch(() => _ = InvokeAsync(Refresh))];
    }

    private void Refresh()
    {
        Compose();
        if (nodes.At is not null)
            Shell.Live(nodes.Fault is null && Live.IsConnected ? Shared.Liveness.Live : Shared.Liveness.Late, nodes.At);
        StateHasChanged();
    }

    private void Compose() => (nodes, pumps) = (Feed.Nodes.Now, Feed.Nodes.Now.Value is { } all ? PumpRow.Of(all, Clock.GetUtcNow()) : []);

    private static string ClockWords(TimeSpan off) => $"Clock {Say.Age(off.Duration())} {(off > TimeSpan.Zero ? "ahead" : "behind")}";

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);

    private bool May(string permission) => person?.May(permission) == true;
}
