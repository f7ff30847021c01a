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
    private bool busy;
    private string? wrong;

    [Parameter, EditorRequired] public Shown<IntegrityPicture> Shown { get; set; } = Shown<IntegrityPicture>.Nothing;
    [Parameter] public EventCallback Retry { get; set; }

    /// <summary>The viewer may ask for a check.</summary>
    [Parameter] public bool MayCheck { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private IntegrityDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private IOptions<IntegrityOptions> Options { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    private TimeSpan Every => Options.Value.Every;

    private IntegrityWords Words(IntegrityPicture picture) => IntegrityWords.Of(picture, Every, Clock.GetUtcNow());

    private static string Took(IntegrityRun run) => ConnectionModel.Took((int)run.Took.TotalMilliseconds);

    private async Task AskAsync()
    {
        if (busy)
            return;
        (busy, wrong) = (true, null);
        try
        {
            await Desk.AskAsync(await Actor.MustAsync(Permissions.IntegrityCheck));
            await Retry.InvokeAsync();
        }
        catch (UnauthorizedAccessException)
        {
            wrong = $"You need {Permissions.IntegrityCheck} for this. Nothing was changed.";
        }
        catch (Exception e) when (DatabaseTrouble.Is(e))
        {
            wrong = "The database gives no answer. Look at the state above before you repeat it.";
        }
        finally
        {
            busy = false;
        }
    }
}
