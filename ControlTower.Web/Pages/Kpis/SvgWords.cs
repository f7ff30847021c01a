using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>Words in drawings. In Razor a bare text tag is a directive, so they are built where it is not.</summary>
internal static class SvgWords
{
    public static RenderFragment At(string x, string y, string words, string anchor = "middle", string fill = "var(--ct-text3)", bool strong = false) => builder =>
    {
        builder.OpenElement(0, "text");
        builder.AddAttribute(1, "x", x);
        builder.AddAttribute(2, "y", y);
        builder.AddAttribute(3, "font-size", "11");
        builder.AddAttribute(4, "font-weight", strong ? "600" : null);
        builder.AddAttribute(5, "text-anchor", anchor);
        builder.AddAttribute(6, "fill", fill);
        builder.AddContent(7, words);
        builder.CloseElement();
    };
}
