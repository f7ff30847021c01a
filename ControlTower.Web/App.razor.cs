using Microsoft.AspNetCore.Components.Routing;
using ControlTower.Web.Layout;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace ControlTower.Web;

/// <summary>The document. Sign-in and set-up are static, because a live circuit cannot set cookies; everything else is one live circuit.</summary>
public sealed partial class App : ComponentBase
{
    [CascadingParameter]
    private HttpContext Http { get; set; } = default!;

    private string Scheme => SchemeCookie.Resolved(Http.Request);

    private string Language => Http.Request.Headers.AcceptLanguage.ToString();

    private IComponentRenderMode? PageMode => Http.AcceptsInteractiveRouting() ? RenderMode.InteractiveServer : null;
}
