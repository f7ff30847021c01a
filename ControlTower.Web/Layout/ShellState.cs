using ControlTower.Web.Shared;

namespace ControlTower.Web.Layout;

/// <summary>A step above the page in the top bar, for example the list it came from.</summary>
public sealed record Crumb(string Text, string Href);

/// <summary>What the page tells the shell: where the viewer is, and whether what they see is live. One per circuit.</summary>
public sealed class ShellState(TimeProvider clock)
{
    public event Action? Changed;

    public string Title { get; private set; } = "";

    public string? Sub { get; private set; }

    public IReadOnlyList<Crumb> Crumbs { get; private set; } = [];

    /// <summary>The page draws its own h1; the top bar repeats the title as plain text.</summary>
    public bool OwnHeading { get; private set; }

    /// <summary>A three-pane desk: the navigation is narrow below 1600 px.</summary>
    public bool Desk { get; private set; }

    /// <summary>Null until a page says that it follows a feed.</summary>
    public Liveness? Feed { get; private set; }

    public DateTimeOffset? DataAt { get; private set; }

    public bool PaletteOpen { get; private set; }

    public bool HelpOpen { get; private set; }

    public void Show(string title, string? sub, IReadOnlyList<Crumb> crumbs, bool ownHeading, bool desk)
    {
        if (Title == title && Sub == sub && OwnHeading == ownHeading && Desk == desk && Crumbs.SequenceEqual(crumbs))
            return;
        (Title, Sub, Crumbs, OwnHeading, Desk) = (title, sub, crumbs, ownHeading, desk);
        Changed?.Invoke();
    }

    /// <summary>How fresh the page's data is. Call it with null when the page goes.</summary>
    public void Live(Liveness? feed, DateTimeOffset? dataAt = null)
    {
        if (Feed == feed && DataAt == dataAt)
            return;
        (Feed, DataAt) = (feed, dataAt);
        Changed?.Invoke();
    }

    /// <summary>
    /// For a beat of <see cref="Web.Live.LiveFeed"/>: nothing was said since the last answers, so they hold as of now. False if one of the panels has no answer and must be asked again.
    /// </summary>
    /// <param name="invoke">Onto the page's own dispatcher.</param>
    public async Task<bool> StillTrueAsync(Func<Action, Task> invoke, params IEnumerable<PanelGuard> panels)
    {
        if (panels.Any(panel => panel.Fault is not null))
            return false;
        await invoke(() =>
        {
            if (Feed is Liveness.Live)
                Live(Feed, clock.GetUtcNow());
        });
        return true;
    }

    public void Palette(bool open)
    {
        (PaletteOpen, HelpOpen) = (open, false);
        Changed?.Invoke();
    }

    public void Help(bool open)
    {
        (HelpOpen, PaletteOpen) = (open, false);
        Changed?.Invoke();
    }
}
