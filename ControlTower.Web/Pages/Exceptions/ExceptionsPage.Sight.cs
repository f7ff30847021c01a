using Microsoft.JSInterop;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>While nobody sees the tab nothing is asked for it; what changed meanwhile is read when it is seen again.</summary>
public sealed partial class ExceptionsPage
{
    private DotNetObjectReference<ExceptionsPage>? self;
    private bool isHidden;

    /// <summary>The browser says whether the tab is in sight.</summary>
    [JSInvokable]
    public Task SightAsync(bool seen)
    {
        isHidden = !seen;
        return seen ? RefreshAsync() : Task.CompletedTask;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            self = DotNetObjectReference.Create(this);
            await Js.InvokeVoidAsync("ctList.sight", gone.Token, self);
        }
    }
}
