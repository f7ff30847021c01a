using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace ControlTower.Web.Layout;

/// <summary>The shell around every page: navigation, top bar, keys, theme. It draws nothing for somebody who is no longer signed in.</summary>
public sealed partial class MainLayout : LayoutComponentBase, IAsyncDisposable
{
    private SignedIn? person;
    private bool dark;
    private bool menuOpen;
    private ErrorBoundary? boundary;
    private DotNetObjectReference<MainLayout>? self;

    [CascadingParameter]
    private Task<AuthenticationState> Auth { get; set; } = default!;

    /// <summary>What the first markup was painted in.</summary>
    [CascadingParameter(Name = "Scheme")]
    private string Scheme { get; set; } = "light";

    [Inject]
    private ShellState Shell { get; set; } = default!;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    /// <summary>The system changed between light and dark while the person follows it.</summary>
    [JSInvokable]
    public void SchemeChanged(string scheme)
    {
        dark = scheme == "dark";
        StateHasChanged();
    }

    public ValueTask DisposeAsync()
    {
        Shell.Changed -= Refresh;
        Navigation.LocationChanged -= OnLocation;
        self?.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override void OnInitialized()
    {
        dark = Scheme == "dark";
        Shell.Changed += Refresh;
        Navigation.LocationChanged += OnLocation;
    }

    protected override async Task OnParametersSetAsync() => person = SignedIn.From((await Auth).User);

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
            return;
        self = DotNetObjectReference.Create(this);
        await Js.InvokeVoidAsync("ctTheme.watch", self);
    }

    private async Task ToggleThemeAsync() => SchemeChanged(await Js.InvokeAsync<string>("ctTheme.set", dark ? "light" : "dark"));

    private async Task SystemThemeAsync() => SchemeChanged(await Js.InvokeAsync<string>("ctTheme.set", ""));

    private void CloseMenu() => menuOpen = false;

    private void Refresh() => _ = InvokeAsync(StateHasChanged);

    // Another page is another try: an error of the last one must not stay on screen.
    private void OnLocation(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(() => boundary?.Recover());
}
