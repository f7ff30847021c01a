using ControlTower.Sync.Connections;
using ControlTower.Sync.Tables;
using ControlTower.Sync.Triage.Mappings;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using MudBlazor;

namespace ControlTower.Web.Pages.Mappings;

/// <summary>A list of mappings comes in: what is wrong with it, or each difference that it makes, before anything changes.</summary>
public sealed partial class MappingImport : ComponentBase, IDisposable
{
    private const int MostShown = 300;

    private readonly CancellationTokenSource gone = new();
    private IReadOnlyList<MappingSaid> list = [];
    private IReadOnlyList<MappingProblem> problems = [];
    private MappingLook? look;
    private bool remove, retry = true;
    private string said = "", reason = "";
    private string? reasonWrong;

    [Parameter] public EventCallback OnClose { get; set; }

    /// <summary>The list is in force.</summary>
    [Parameter] public EventCallback OnDone { get; set; }
    [Parameter, EditorRequired] public Func<string, string> NameOf { get; set; } = default!;
    [Inject] private MappingDesk Desk { get; set; } = default!;
    [Inject] private ConnectionDirectory Connections { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    private Task Close() => Acts.IsBusy ? Task.CompletedTask : OnClose.InvokeAsync();

    private Task TakeAsync(InputFileChangeEventArgs chosen) => Acts.RunAsync(async () =>
    {
        (list, problems, look, said) = ([], [], null, "");
        if (chosen.File.Size > MappingList.MostBytes)
        {
            throw new ArgumentException($"The file is larger than {MappingList.MostBytes / 1024 / 1024} MB. Nothing was read.", nameof(chosen));
        }

        try
        {
            using var bytes = new MemoryStream();
            await using var file = chosen.File.OpenReadStream(MappingList.MostBytes, gone.Token);
            await file.CopyToAsync(bytes, gone.Token);
            bytes.Position = 0;
            (list, problems, var wrong) = MappingList.Read(TableFile.Read(chosen.File.Name, bytes, MappingList.MostLines + 1), Named);
            said = wrong == 0 ? "" : $"Nothing was taken: {Say.Count(wrong)} {(wrong == 1 ? "thing is" : "things are")} wrong{(wrong > problems.Count ? $", the first {problems.Count} stand here" : "")}.";
        }
        catch (Exception broken) when (broken is FormatException or IOException)
        {
            throw new ArgumentException($"Nothing was taken. {(broken is FormatException ? broken.Message : "The file did not come through whole. Choose it again.")}", nameof(chosen), broken);
        }

        await LookAsync();
    });

    private Task TurnAsync(ChangeEventArgs turned) => Acts.RunAsync(() =>
    {
        remove = turned.Value is true;
        return LookAsync();
    });

    private async Task LookAsync()
    {
        if (list.Count == 0)
        {
            return;
        }

        look = await Desk.LookAsync(list, remove, gone.Token);
        said = look.Changes.Count == 0 ? "Nothing to do: everything in the list is in force already."
            : $"{Count(c => c.Was is null)} to add, {Count(c => c is { Was: not null, Becomes: not null })} to change, {Count(c => c.Becomes is null)} to remove, {Say.Count(look.Same)} as they are. Nothing has changed yet.";
    }

    private Task ApplyAsync() => Acts.RunAsync(async () =>
    {
        reasonWrong = null;
        if (retry)
        {
            await Actor.MustAsync(Permissions.ExceptionsRetry);
        }

        switch (await Desk.ImportAsync(list, remove, look!.Mark, retry, reason, await Actor.MustAsync(Permissions.ExceptionsEdit), gone.Token))
        {
            case MappingAnswer.Refused { Problem: { Where: "reason" } wrong }:
                reasonWrong = wrong.Words;
                break;
            case MappingAnswer.Refused refused:
                (problems, said) = ([refused.Problem], "Nothing was done.");
                break;
            case MappingAnswer.Moved:
                await LookAsync();
                said = $"Somebody changed something since you looked. Nothing was done; these are the differences now. {said}";
                break;
            case MappingAnswer.Done done:
                Messages.Add($"{Say.Count(done.Added)} added, {Say.Count(done.Changed)} changed, {Say.Count(done.Removed)} removed.{MappingsPage.Retried(done)}", Severity.Success);
                await OnDone.InvokeAsync();
                await OnClose.InvokeAsync();
                break;
            default:
                await LookAsync();
                break;
        }
    });

    // By its id, or by its name where only one is called so.
    private string? Named(string name) => Connections.Get(name) is { } known ? known.Profile.Id
        : Connections.All.Where(c => c.Profile.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList() is [var one] ? one.Profile.Id : null;

    private string Count(Func<MappingChange, bool> which) => Say.Count(look!.Changes.Count(which));

    private static (Status Status, string Word) Word(MappingChange change) =>
        change.Becomes is null ? (Status.Wait, "Removed") : change.Was is null ? (Status.Ok, "Added") : (Status.Run, "Changed");
}
