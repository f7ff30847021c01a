using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace ControlTower.Web.Keys;

/// <summary>Joins the one key script of the document with the keymaps, and brings the shell's own keys: go to a screen, palette, help.</summary>
public sealed partial class KeyListener : ComponentBase, IAsyncDisposable
{
    private IJSObjectReference? module;
    private DotNetObjectReference<KeyListener>? self;
    private IDisposable? global;

    [Parameter, EditorRequired]
    public SignedIn Person { get; set; } = default!;

    [Inject]
    private KeyFeed Feed { get; set; } = default!;

    [Inject]
    private ShellState Shell { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    [JSInvokable]
    public async Task Press(string sequence)
    {
        // A sequence comes from the browser: only what is in force now can run.
        if (sequence.Length <= 24)
            await Feed.PressAsync(sequence);
    }

    public async ValueTask DisposeAsync()
    {
        Feed.Changed -= Push;
        global?.Dispose();
        try
        {
            if (module is not null)
            {
                await module.InvokeVoidAsync("stop");
                await module.DisposeAsync();
            }
        }
        catch (Exception gone) when (gone is JSDisconnectedException or OperationCanceledException)
        {
            // The browser is gone, perhaps this very moment, and its listener with it.
        }

        self?.Dispose();
    }

    protected override void OnInitialized()
    {
        global = Feed.Use(new Keymap("Everywhere",
        [
            new("Ctrl+K", "find anything", () => Open(Shell.Palette)),
            new("Ctrl+Enter", "confirm a dialog"),
            new("?", "all keys", () => Open(Shell.Help), Hint: true),
            new("/", "filter", () => module?.InvokeVoidAsync("focus", "#filter").AsTask() ?? Task.CompletedTask),
            .. Screens.For(Person).Select(screen => new KeyBinding(screen.Keys, screen.Name, () => Go(screen.Href))),
        ]));
        Feed.Changed += Push;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        module = await Js.InvokeAsync<IJSObjectReference>("import", "./keys.js");
        self = DotNetObjectReference.Create(this);
        await module.InvokeVoidAsync("start", self, Feed.Sequences);
    }

    private static Task Open(Action<bool> part)
    {
        part(true);
        return Task.CompletedTask;
    }

    private Task Go(string href)
    {
        Navigation.NavigateTo(href);
        return Task.CompletedTask;
    }

    private void Push() => _ = InvokeAsync(async () =>
    {
        if (module is not null)
            await module.InvokeVoidAsync("know", Feed.Sequences);
    });
}
