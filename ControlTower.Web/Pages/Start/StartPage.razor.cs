using ControlTower.Data.Operations;
using ControlTower.Sync.Connections;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Start;

/// <summary>The first-run assistant: says what is missing until the first order has come, and leads to the pages that do it.</summary>
public sealed partial class StartPage : ComponentBase, IDisposable
{
    private IDisposable? watching;
    private Shown<StartPicture> shown = Shown<StartPicture>.Nothing;
    private IReadOnlyList<StartStep> steps = [];

    /// <summary>The step that is open; null: where somebody goes on.</summary>
    [SupplyParameterFromQuery(Name = "step")] public string? Step { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private StartFeed Feed { get; set; } = default!;
    [Inject] private IOptions<EstateOptions> Estate { get; set; } = default!;
    [Inject] private ShellState Shell { get; set; } = default!;
    [Inject] private LiveFeed Live { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    private StartStep? Open => steps.FirstOrDefault(step => step.Id == Step) ?? (steps.Count == 0 ? null : StartSteps.Next(steps));

    public void Dispose()
    {
        watching?.Dispose();
        Shell.Live(null);
    }

    protected override void OnInitialized()
    {
        Compose();
        if (RendererInfo.IsInteractive)
        {
            watching = Feed.Now.Watch(() => _ = InvokeAsync(Refresh));
        }
    }

    private void Refresh()
    {
        Compose();
        if (shown.At is not null)
        {
            Shell.Live(shown.Fault is null && Live.IsConnected ? Shared.Liveness.Live : Shared.Liveness.Late, shown.At);
        }

        StateHasChanged();
    }

    private void Compose()
    {
        shown = Feed.Now.Now;
        steps = shown.Value is { } picture ? StartSteps.Of(picture, Time) : [];
    }

    private StartStep? After(StartStep open) => steps.SkipWhile(step => step.Id != open.Id).Skip(1).FirstOrDefault();

    private static string Explained(string step) => step switch
    {
        "database" => "where everything is kept",
        "admin" => "who may set all of this",
        "company" => "brands, channels and the places where goods lie",
        StartSteps.Connections => "one ERP and one shop to begin; each is proven by asking it",
        "owners" => "who is right where two systems differ, and who gets a case",
        "look-back" => "from when on systems are read",
        _ => "what is still in the way, then the first order",
    };

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
