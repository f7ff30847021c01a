using Microsoft.AspNetCore.Components.Routing;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace ControlTower.Web;

/// <summary>The document. Sign-in and set-up are static, because a live circuit cannot set cookies; everything else is one live circuit.</summary>
public sealed partial class App : ComponentBase
{
    [CascadingParameter]
    private HttpContext Http { get; set; } = default!;

    [Inject]
    private ReadingChoices Choices { get; set; } = default!;

    private ReadingChoice reading = ReadingChoice.Usual;

    protected override async Task OnInitializedAsync() => reading = await Choices.OfAsync(Auth.SignedIn.From(Http.User), Http.RequestAborted);

    private string Scheme => Http.Request.Path.StartsWithSegments(Links.Wall, StringComparison.Ordinal) ? Pages.Wall.WallQuery.SchemeOf(Http.Request) : SchemeCookie.Resolved(Http.Request);

    private string Language => Http.Request.Headers.AcceptLanguage.ToString();

    private IComponentRenderMode? PageMode => Http.AcceptsInteractiveRouting() ? RenderMode.InteractiveServer : null;
}
