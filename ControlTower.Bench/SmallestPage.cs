using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ControlTower.Bench;

/// <summary>The least that is a live page in this framework: what any circuit costs. Public, because the framework finds no other pages.</summary>
[Route("/")]
public sealed class SmallestPage : ComponentBase
{
    internal static Task<WebApplication> BuildAsync()
    {
        var builder = WebApplication.CreateBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        var app = builder.Build();
        app.UseAntiforgery();
        app.MapRazorComponents<SmallestDocument>().AddInteractiveServerRenderMode();
        return Task.FromResult(app);
    }

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenElement(0, "h1");
        builder.AddContent(1, "Hello, world!");
        builder.CloseElement();
    }
}

internal sealed class SmallestDocument : ComponentBase
{
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.AddMarkupContent(0, "<!doctype html><html><head><base href=\"/\"></head>");
        builder.OpenElement(1, "body");
        builder.OpenComponent<SmallestPage>(2);
        builder.AddComponentRenderMode(RenderMode.InteractiveServer);
        builder.CloseComponent();
        builder.CloseElement();
    }
}
