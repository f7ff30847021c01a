using ControlTower.Data.Db;
using ControlTower.Data.Operations;
using ControlTower.Sync.Integrity;
using ControlTower.Web.Auth;
using ControlTower.Web.Live;
using ControlTower.Web.Pages.Connections;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Operations;

/// <summary>Whether the data keep what the tower promises, and since when that is known.</summary>
public sealed partial class IntegrityPanel : ComponentBase
{

    [Parameter, EditorRequired] public Shown<IntegrityPicture> Shown { get; set; } = Shown<IntegrityPicture>.Nothing;
    [Parameter] public EventCallback Retry { get; set; }

    /// <summary>The viewer may ask for a check.</summary>
    [Parameter] public bool MayCheck { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private IntegrityDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private IOptions<IntegrityOptions> Options { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    private TimeSpan Every => Options.Value.Every;

    private IntegrityWords Words(IntegrityPicture picture) => IntegrityWords.Of(picture, Every, Clock.GetUtcNow());

    private static string Took(IntegrityRun run) => ConnectionModel.Took((int)run.Took.TotalMilliseconds);

    private Task AskAsync() => Acts.RunAsync(async () =>
    {
        await Desk.AskAsync(await Actor.MustAsync(Permissions.IntegrityCheck));
        await Retry.InvokeAsync();
    });
}
