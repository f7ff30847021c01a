using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Shared;

/// <summary>How two bodies are shown.</summary>
public enum PayloadMode
{
    One,
    SideBySide,
    ChangedOnly,
}

/// <summary>A request or answer body: indented, masked, compared, cut at 64 KB, or open for edit.</summary>
public sealed partial class PayloadView : ComponentBase
{
    private IReadOnlyList<PayloadLine> lines = [];
    private string text = "";

    /// <summary>The body as text; null shows that there was none.</summary>
    [Parameter, EditorRequired]
    public string? Body { get; set; }

    [Parameter]
    public EventCallback<string?> BodyChanged { get; set; }

    /// <summary>A later version to compare with.</summary>
    [Parameter]
    public string? Other { get; set; }

    [Parameter]
    public PayloadMode Mode { get; set; }

    /// <summary>Names of JSON members whose values are dotted out.</summary>
    [Parameter]
    public IReadOnlyCollection<string> Mask { get; set; } = [];

    /// <summary>The viewer may not see bodies at all.</summary>
    [Parameter]
    public bool Hidden { get; set; }

    [Parameter]
    public bool Editable { get; set; }

    /// <summary>Where the whole body can be fetched.</summary>
    [Parameter]
    public string? Download { get; set; }

    [Parameter]
    public RenderFragment? Header { get; set; }

    [Parameter]
    public string BeforeTitle { get; set; } = "Before";

    [Parameter]
    public string AfterTitle { get; set; } = "After";

    private string State => this switch
    {
        { Hidden: true } => "hidden",
        { Body: null or "" } => "none",
        { Editable: true } => "editing",
        _ when PayloadText.IsBinary(Body!) => "binary",
        { Body.Length: > PayloadText.Most } => "large",
        { Other: not null } => lines.Any(line => line.Kind is not LineKind.Same) ? "changed" : "equal",
        _ => Mask.Count > 0 ? "masked" : "plain",
    };

    private IEnumerable<PayloadLine> Shown => Mode is PayloadMode.ChangedOnly ? lines.Where(line => line.Kind is not LineKind.Same) : lines;

    protected override void OnParametersSet()
    {
        (text, lines) = ("", []);
        if (Hidden || string.IsNullOrEmpty(Body) || Editable || PayloadText.IsBinary(Body))
            return;
        text = PayloadText.Pretty(Body, Mask);
        if (Other is not null)
            lines = PayloadText.Compare(text, PayloadText.Pretty(Other, Mask));
    }

    private static string Css(LineKind kind) => kind switch
    {
        LineKind.Removed => "del",
        LineKind.Added => "add",
        _ => "eq",
    };
}
