using ControlTower.Sync.Administration;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Schedules;

/// <summary>The calendar of recurring jobs in an admin's hands.</summary>
public sealed partial class SchedulesPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private IReadOnlyList<ScheduleLine> lines = [];
    private ScheduleLine? open;
    private bool pausing;
    private string text = "";

    [Inject] private ScheduleDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    private string? Wanted => string.IsNullOrWhiteSpace(text) ? open?.Job.Cron : text.Trim();

    private string? Wrong => Wanted is { } cron && open is { } line ? CronRule.Wrong(cron, line.Job.LeastMinutes, Clock.GetUtcNow()) : null;

    protected override Following Follows => new("The schedules");

    protected override async Task ReadAsync(CancellationToken cancel) => lines = await Desk.ListAsync(cancel);

    private void Open(ScheduleLine line, bool pause) => (open, pausing, text, Acts.Wrong) = (line, pause, pause ? "" : line.Cron ?? "", null);

    private void Close()
    {
        if (!Acts.IsBusy)
        {
            (open, Acts.Wrong) = (null, null);
        }
    }

    private Task RunAsync(ScheduleLine line) => Acts.RunAsync(async () =>
    {
        await Desk.RunAsync(line.Job.Id, await Actor.MustAsync(Permissions.SchedulesManage), Gone);
        Messages.Add($"{line.Job.Title} runs as soon as a worker is free.", Severity.Success);
        await LoadAsync();
    });

    private Task PauseAsync() => DoAsync(actor => Desk.PauseAsync(open!.Job.Id, text, open.Version, actor, Gone), "Paused.");

    private Task ResumeAsync(ScheduleLine line) => DoAsync(actor => Desk.ResumeAsync(line.Job.Id, line.Version, actor, Gone), "Resumed.");

    private Task SaveAsync() => DoAsync(actor => Desk.ChangeAsync(open!.Job.Id, string.IsNullOrWhiteSpace(text) ? null : text, open.Version, actor, Gone), "Saved.");

    private Task DoAsync(Func<Data.Audit.Actor, Task<ScheduleAnswer>> act, string done) => Acts.RunAsync(async () =>
    {
        var answer = await act(await Actor.MustAsync(Permissions.SchedulesManage));
        Messages.Add(answer == ScheduleAnswer.Done ? done : "Somebody changed it meanwhile. You see it as it is now; nothing of yours was written.", answer == ScheduleAnswer.Done ? Severity.Success : Severity.Warning);
        open = null;
        await LoadAsync();
    });
}
