using System.Globalization;
using ControlTower.Data.Db;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Gateway;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Pages.Overview;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Options;
using MudBlazor;

namespace ControlTower.Web.Pages.Connections;

/// <summary>One connection: circuit, budget, health, what waits and when it is gone, what was said lately; pause, resume, test.</summary>
public sealed partial class ConnectionPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Steps = [new("Connections", Links.Connections)];

    private SignedIn? person;
    private SharedQuery<ConnectionFound>? query;
    private IDisposable? watching;
    private IDisposable? keys;
    private string? watched;
    private ConnectionShown? found;
    private ConnectionModel? model;
    private ConnectionQuery view = new(null, null);
    private Keymap keymap = new("Connection", []);
    private CallsPanel? callsPanel;
    private DateTimeOffset at;
    private bool pausing;

    [Parameter] public string Id { get; set; } = "";
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private ConnectionsFeed Feed { get; set; } = default!;
    [Inject] private ConnectionDesk Desk { get; set; } = default!;
    [Inject] private GatewayOptions Gateway { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private LiveFeed Live { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private IOptions<OverviewTargets> Targets { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    private bool Missing => query?.Now is { Value.Connection: null, At: not null };

    private bool MayOperate => May(Permissions.ConnectionsOperate);

    private string? Why => MayOperate ? null : $"You can look. Ask an admin for {Permissions.ConnectionsOperate}.";

    private string Concurrent => model is { Budget: { Concurrency: > 0 } budget }
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Min(100, budget.Concurrent * 100.0 / budget.Concurrency):0.#}%")
        : "0";

    public void Dispose()
    {
        Navigation.LocationChanged -= OnLocation;
        keys?.Dispose();
        Leave();
        query = null;
        Shell.Live(null);
    }

    protected override async Task OnInitializedAsync()
    {
        person = SignedIn.From((await Auth).User);
        view = ConnectionQuery.Parse(Navigation.Uri);
        Navigation.LocationChanged += OnLocation;
        keymap = new Keymap("Connection",
        [
            .. KeyBinding.Walk(Move, "next call", "previous call"), new("Escape", "close the call", () => callsPanel?.CloseAsync() ?? Task.CompletedTask, Hint: true),
        ]);
        if (RendererInfo.IsInteractive)
            keys = Keys.Use(keymap);
    }

    // Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.
    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

    protected override void OnParametersSet()
    {
        if (watched == Id || !RendererInfo.IsInteractive)
            return;
        Leave();
        (watched, model, found) = (Id, null, null);
        query = Feed.Of(Id);
        watching = query.Watch(() => _ = InvokeAsync(Refresh));
        Refresh();
    }

    private void Refresh()
    {
        if (query is null)
            return;
        var now = query.Now;
        at = Clock.GetUtcNow();
        found = now.Value?.Connection;
        model = found is null ? null : new ConnectionModel(found, Targets.Value, at, Viewer ?? Shared.Viewer.Default);
        if (now.At is not null)
            Shell.Live(now.Fault is null && Live.IsConnected ? Shared.Liveness.Live : Shared.Liveness.Late, now.At);
        StateHasChanged();
    }

    private Task AskAgainAsync() => query?.AskAsync() ?? Task.CompletedTask;

    private Task TestAsync() => ActAsync(async actor =>
    {
        await Desk.RequestTestAsync(Id, actor);
    });

    private Task PauseAsync(string reason) => ActAsync(async actor =>
    {
        var answer = await Desk.PauseAsync(Id, reason, actor);
        pausing = false;
        Tell(answer, $"{model?.Status.Name} is paused. What is addressed to it waits in order.", "It was paused already.");
    });

    private Task ResumeAsync() => ActAsync(async actor => Tell(await Desk.ResumeAsync(Id, actor), $"{model?.Status.Name} flows again.", "It was resumed already."));

    private Task ActAsync(Func<Data.Audit.Actor, Task> work) => Acts.RunAsync(async () =>
    {
        await work(await Actor.MustAsync(Permissions.ConnectionsOperate));
        await AskAgainAsync();
    });

    private void Tell(DeskAnswer answer, string done, string already) => Messages.Add(
        answer switch { DeskAnswer.Done => done, DeskAnswer.AlreadySo => already, _ => "This connection is gone. Nothing was changed." },
        answer is DeskAnswer.Done ? Severity.Success : Severity.Info);

    private Task Move(int by) => callsPanel?.MoveAsync(by) ?? Task.CompletedTask;

    private void Leave()
    {
        watching?.Dispose();
        if (watched is not null)
            Feed.Close(watched);
    }

    private void OnLocation(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(() =>
    {
        view = ConnectionQuery.Parse(e.Location);
        StateHasChanged();
    });

    private bool May(string permission) => person?.May(permission) == true;
}
