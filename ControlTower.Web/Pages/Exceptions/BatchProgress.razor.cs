using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Triage;
using ControlTower.Sync.Triage;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>One batch as it goes: stages, counts, why it stands, and the acts of those who may steer it. Each act names the version that was seen.</summary>
public sealed partial class BatchProgress : ComponentBase
{
    private Look look = Look.Of(Status.Run);
    private bool asking;

    [Parameter, EditorRequired] public BatchPicture Picture { get; set; } = default!;

    /// <summary>Who looks at it, and may pause, resume and stop it with the right to the act itself.</summary>
    [Parameter] public SignedIn? Person { get; set; }

    /// <summary>After an act, done or Acts.Wrong: what is shown may be old.</summary>
    [Parameter] public EventCallback OnActed { get; set; }
    [Inject] private BatchDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private BatchRow Row => Picture.Row;

    private bool MaySteer => Person?.May(BatchWords.Permission(Row.Kind)) == true;

    private bool IsRetry => Row.Kind is BatchKind.Retry;

    private string Way => IsRetry ? $"replay lane, {Row.Plan.PerSecond}/s" : BatchWords.Act(Row.Kind).ToLowerInvariant();

    private bool IsPaused => Row.State == "paused";

    private (Status Status, string Word) Words => BatchWords.State(Row);

    protected override void OnParametersSet() => (look, asking) = (Look.Of(Words.Status), asking && Row.IsOpen);

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);

    private Task ActAsync(BatchAct act) => Acts.RunAsync(async () =>
    {
        asking = false;
        var actor = await Actor.MustAsync(BatchWords.Permission(Row.Kind));
        Acts.Wrong = (await AskAsync(act, actor)).Refusal;
        await OnActed.InvokeAsync();
    });

    private Task<BatchAnswer> AskAsync(BatchAct act, Actor actor) => act switch
    {
        BatchAct.Pause => Desk.PauseAsync(Row.Id, Row.Version, actor, CancellationToken.None),
        BatchAct.Resume => Desk.ResumeAsync(Row.Id, Row.Version, actor, CancellationToken.None),
        _ => Desk.StopAsync(Row.Id, Row.Version, actor, CancellationToken.None),
    };
}
