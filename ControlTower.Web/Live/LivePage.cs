using ControlTower.Data.Live;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;

namespace ControlTower.Web.Live;

/// <summary>What a page reads, and when it reads it again.</summary>
/// <param name="What">The subject of "… could not be read".</param>
/// <param name="Topics">Changes after which it is read again. None: it is read when the page is opened and after its own acts, and the top bar says nothing of its age.</param>
/// <param name="AtMostEvery">After changes it is read no more often than this; the last of many changes is never left out.</param>
/// <param name="Path">The page's own path, where the page reads its address itself. Null where its parameters say everything: then it is read with each of their changes.</param>
public sealed record Following(string What, LiveTopics Topics = LiveTopics.None, TimeSpan AtMostEvery = default, string? Path = null);

/// <summary>
/// A page that shows what the database has, and goes on showing it: what all such pages have in common. A page says what it <see cref="Follows"/>, takes its address in <see cref="Show"/>, and reads in
/// <see cref="ReadAsync"/>; its keys are <see cref="Hands"/>.
/// <para>Order of calls: <see cref="Hands"/> once, then <see cref="Show"/> before anything is drawn, then <see cref="ReadAsync"/>. The last two come again, in this order, when the address of the same page
/// changes; ReadAsync alone after a change that the page follows, and whenever the page calls <see cref="LoadAsync"/>.</para>
/// <para>A page that follows changes is also read every few seconds, for what time alone changes. The newest read counts: one that is overtaken is cancelled, and whoever waits for it waits for the newest.
/// All are cancelled when the page is left, and nothing is told to it from then on. While it is rendered in advance, nothing is read and nothing followed. When the database does not answer, what was read
/// before stays, also where the page shows another subject by now, and <see cref="Panel"/> says since when.</para>
/// </summary>
public abstract class LivePage : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private CancellationTokenSource reading = new();
    private Task newest = Task.CompletedTask;
    private string? path;
    private bool opened;
    private IDisposable? feed;
    private IDisposable? keys;

    [Inject] protected NavigationManager Navigation { get; set; } = default!;
    [Inject] protected TimeProvider Clock { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private KeyFeed Keys { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private ILoggerFactory Logs { get; set; } = default!;
    [CascadingParameter] protected Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    /// <summary>Null while the page is rendered in advance.</summary>
    protected PanelGuard? Panel { get; private set; }

    /// <summary>Who looks. Asked again with each change of the circuit's authentication: a right that was taken away holds for the open page too.</summary>
    protected SignedIn? Person { get; private set; }

    protected Keymap Keymap { get; private set; } = new("", []);

    /// <summary>For acts of the page: cancelled when it is left.</summary>
    protected CancellationToken Gone => gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token;

    protected TimeZoneInfo Zone => (Viewer ?? Viewer.Default).StoreZone;

    protected abstract Following Follows { get; }

    /// <summary>Whether there is anything to read as things stand; if not, what is shown has no age.</summary>
    protected virtual bool Asks => true;

    public void Dispose()
    {
        Navigation.LocationChanged -= OnLocation;
        keys?.Dispose();
        // To cancel a command asks the server, which may not answer: not on the page's own thread. Without timer and links a source holds nothing that must be given back.
        _ = gone.CancelAsync();
        _ = reading.CancelAsync();
        if (feed is not null)
        {
            feed.Dispose();
            Shell.Live(null);
        }

        Left();
        GC.SuppressFinalize(this);
    }

    protected sealed override void OnInitialized()
    {
        Keymap = Hands() ?? Keymap;
        if (!RendererInfo.IsInteractive)
        {
            return;
        }

        var follows = Follows;
        Panel = new PanelGuard(follows.What, Clock, Logs.CreateLogger(GetType()));
        keys = Keymap.Bindings.Count > 0 ? Keys.Use(Keymap) : null;
        Navigation.LocationChanged += OnLocation;
        if (follows.Topics is not LiveTopics.None)
        {
            feed = Feed.Subscribe(follows.Topics, () => InvokeAsync(() => Panel.PacedAsync(follows.AtMostEvery, LoadAsync, Gone)));
        }
    }

    protected sealed override async Task OnParametersSetAsync()
    {
        var turned = !opened || Follows.Path is null || Follows.Path != path;
        (opened, path) = (true, Follows.Path);
        if (turned)
        {
            Show(Navigation.Uri);
        }

        var before = Person;
        Person = SignedIn.From((await Auth).User);
        await (turned || Person != before ? LoadAsync() : Task.CompletedTask);
    }

    /// <summary>The keys of the page; null for none.</summary>
    protected virtual Keymap? Hands() => null;

    /// <summary>Takes what the address and the parameters say. Nothing is read here.</summary>
    protected virtual void Show(string uri)
    {
    }

    /// <summary>Reads what the page shows. What is taken over after the last question is taken over whole, or not at all: it asks <paramref name="cancel"/> before.</summary>
    protected abstract Task ReadAsync(CancellationToken cancel);

    /// <summary>The page is left: gives back what it holds.</summary>
    protected virtual void Left()
    {
    }

    /// <summary>Reads anew and draws; ends when the newest read has ended. Does nothing while the page is rendered in advance and after it was left.</summary>
    protected Task LoadAsync() => newest = ReadNewestAsync();

    private async Task ReadNewestAsync()
    {
        if (Panel is null || gone.IsCancellationRequested)
        {
            return;
        }

        if (!Asks)
        {
            await reading.CancelAsync();
            Told(null);
            return;
        }

        var cancel = Overtake();
        await Panel.AskAsync(async () =>
        {
            try
            {
                await ReadAsync(cancel);
            }
            catch (Exception) when (cancel.IsCancellationRequested)
            {
                // Whatever it was: the newest read says what stands.
                cancel.ThrowIfCancellationRequested();
            }

            cancel.ThrowIfCancellationRequested();
        });
        if (gone.IsCancellationRequested)
        {
            return;
        }

        if (cancel.IsCancellationRequested)
        {
            await newest;
            return;
        }

        Told(Panel.Fault is null && Feed.IsConnected ? Shared.Liveness.Live : Shared.Liveness.Late);
    }

    private void Told(Shared.Liveness? state)
    {
        if (feed is not null)
        {
            Shell.Live(state, state is null ? null : Panel!.AnsweredAt);
        }

        StateHasChanged();
    }

    protected string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), Zone);

    private CancellationToken Overtake()
    {
        _ = reading.CancelAsync();
        reading = new CancellationTokenSource();
        return reading.Token;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs change) => _ = InvokeAsync(async () =>
    {
        if (!gone.IsCancellationRequested && Follows.Path is { } own && new Uri(change.Location).AbsolutePath.TrimEnd('/').Equals(own, StringComparison.OrdinalIgnoreCase))
        {
            try
            {
                Show(change.Location);
                await LoadAsync();
            }
            catch (Exception error)
            {
                // What no page expects goes to the boundary around it, as from any other event.
                await DispatchExceptionAsync(error);
            }
        }
    });
}
