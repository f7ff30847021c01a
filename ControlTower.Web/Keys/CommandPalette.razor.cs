using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using MudBlazor;

namespace ControlTower.Web.Keys;

/// <summary>Any id, any page, any action. Searching starts a moment after typing stops; an older answer never replaces a newer one.</summary>
public sealed partial class CommandPalette : ComponentBase, IDisposable
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private ElementReference input;
    private CancellationTokenSource typing = new();
    private List<Item> items = [];
    private int at;
    private bool searching;
    private int turn;

    [Parameter, EditorRequired]
    public SignedIn Person { get; set; } = default!;

    [Inject]
    private ShellState Shell { get; set; } = default!;

    [Inject]
    private KeyFeed Feed { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IEnumerable<IPaletteSearch> Searches { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    public void Dispose()
    {
        typing.Cancel();
        typing.Dispose();
    }

    protected override void OnInitialized() => items = Fixed("");

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
            await input.FocusAsync();
    }

    private async Task TypeAsync(ChangeEventArgs change)
    {
        var text = change.Value?.ToString() ?? "";
        // Before anything is awaited: Enter may follow at once and means what is typed now.
        (items, at) = (Fixed(text), 0);
        var myTurn = ++turn;
        await typing.CancelAsync();
        typing.Dispose();
        typing = new CancellationTokenSource(Longest, Clock);
        var mine = typing.Token;
        var sought = text.Trim();
        if (sought.Length < 2 || !Searches.Any())
            return;
        searching = true;
        StateHasChanged();
        try
        {
            await Task.Delay(Rest, Clock, mine);
            List<Item> found = [];
            foreach (var search in Searches)
                found.AddRange((await search.FindAsync(sought, Person, mine)).Select(hit => new Item(hit.Kind, hit.Title, hit.Note, hit.Icon, [], () => Go(hit.Href))));
            if (myTurn == turn)
                items = [.. Fixed(text), .. found]; // Behind what was listed: Enter goes on meaning what it meant.
        }
        catch (OperationCanceledException)
        {
            return; // Typed on, or it took too long; what is listed stays.
        }
        finally
        {
            searching = searching && myTurn != turn;
        }
    }

    private List<Item> Fixed(string sought)
    {
        var pages = Screens.For(Person).Select(screen => new Item("Pages", screen.Name, "", screen.Icon, screen.Keys.Split(' '), () => Go(screen.Href)));
        var actions = Feed.Maps.Where(map => map.Title != "Everywhere").SelectMany(map => map.Bindings.Where(binding => binding.Run is not null)
            .Select(binding => new Item("Actions here", binding.Label, map.Title, Icons.Material.Rounded.Bolt, [.. binding.Caps], binding.Run!)));
        return [.. pages.Concat(actions).Where(item => item.Title.Contains(sought.Trim(), StringComparison.OrdinalIgnoreCase))];
    }

    private async Task OnKeyAsync(KeyboardEventArgs key)
    {
        switch (key.Key)
        {
            case "Escape":
                Close();
                break;
            case "ArrowDown" when items.Count > 0:
                at = (at + 1) % items.Count;
                break;
            case "ArrowUp" when items.Count > 0:
                at = (at + items.Count - 1) % items.Count;
                break;
            case "Enter":
                await RunAsync(at);
                break;
        }
    }

    private async Task RunAsync(int index)
    {
        if (index >= items.Count)
            return;
        var run = items[index].Run;
        Close();
        await run();
    }

    private Task Go(string href)
    {
        Navigation.NavigateTo(href);
        return Task.CompletedTask;
    }

    private void Close() => Shell.Palette(false);

    private sealed record Item(string Kind, string Title, string Note, string Icon, IReadOnlyList<string> Caps, Func<Task> Run);
}
