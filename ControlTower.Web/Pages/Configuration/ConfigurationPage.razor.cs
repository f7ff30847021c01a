using ControlTower.Data.Configuration;
using ControlTower.Data.Db;
using ControlTower.Sync.Configuration;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;

namespace ControlTower.Web.Pages.Configuration;

/// <summary>The configuration out as a file and in again. A chosen file lives in the page only: whoever comes back chooses it again.</summary>
public sealed partial class ConfigurationPage : ComponentBase, IDisposable
{
    private const int MostShown = 500;
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];
    private static readonly string Held = string.Join(", ", ConfigurationSections.All.Select(section => char.ToLowerInvariant(section.Title[0]) + section.Title[1..])).Replace("aPI", "API", StringComparison.Ordinal);

    private readonly CancellationTokenSource gone = new();
    private ReadOnlyMemory<byte>? file;
    private ConfigurationLook? look;
    private bool remove;
    private string said = "", reason = "";

    [Inject] private ConfigurationDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    private Task TakeAsync(InputFileChangeEventArgs chosen) => Acts.RunAsync(async () =>
    {
        (file, look, said) = (null, null, "The file is being read.");
        if (chosen.File.Size > ConfigurationFile.MostBytes)
        {
            said = "";
            throw new ArgumentException($"The file is larger than {ConfigurationFile.MostBytes / 1024 / 1024} MB. Nothing was read.", nameof(chosen));
        }

        try
        {
            using var bytes = new MemoryStream();
            await using var stream = chosen.File.OpenReadStream(ConfigurationFile.MostBytes, gone.Token);
            await stream.CopyToAsync(bytes, gone.Token);
            file = bytes.ToArray();
        }
        catch (IOException error)
        {
            said = "";
            throw new ArgumentException("The file did not come through whole. Choose it again.", nameof(chosen), error);
        }

        await LookAsync();
    });

    private Task TurnAsync(ChangeEventArgs turned) => Acts.RunAsync(async () =>
    {
        remove = turned.Value is true;
        await LookAsync();
    });

    private async Task LookAsync()
    {
        if (file is not { } bytes)
        {
            said = "";
            return;
        }

        look = await Desk.LookAsync(bytes, remove, await Actor.MustAsync(Permissions.ConfigurationManage), gone.Token);
        said = look switch
        {
            { Problems.Count: > 0 } => "Nothing was compared: the file cannot be used.",
            { Changes.Count: 0 } => $"Nothing to do: everything in the file is as it is here.{Kept(look)}",
            _ => $"{Count(look, ConfigurationAct.Add)} to add, {Count(look, ConfigurationAct.Change)} to change, {Count(look, ConfigurationAct.Remove)} to remove.{Kept(look)} Nothing has changed yet.",
        };
    }

    private Task ApplyAsync() => Acts.RunAsync(async () =>
    {
        // A file changes clients and connections: whoever applies it needs what those need, and to have shown lately that it is them.
        await Actor.MustAsync(Permissions.ApiClientsManage);
        await Actor.MustAsync(Permissions.ConnectionsConfigure);
        var answer = await Desk.ApplyAsync(file!.Value, remove, look!.Mark, reason, await Actor.MustAsync(Permissions.ConfigurationManage), gone.Token);
        (look, said) = answer switch
        {
            ConfigurationAnswer.Done done => (null, $"Done: {Say.Count(done.Added)} added, {Say.Count(done.Changed)} changed, {Say.Count(done.Removed)} removed. New connections and places wait, disabled, for their secrets."),
            ConfigurationAnswer.Moved moved => (moved.Look, "Something changed here since you looked. Nothing was done; these are the differences now."),
            ConfigurationAnswer.Refused refused => (refused.Look, "Something is refused. Nothing was done."),
            _ => (null, "Nothing to do: everything in the file is as it is here."),
        };
        reason = look is null ? "" : reason;
    });

    private static string Kept(ConfigurationLook look) => look.Kept == 0 ? "" : $" {Say.Count(look.Kept)} that the file does not have {(look.Kept == 1 ? "stays" : "stay")}.";

    private static string Count(ConfigurationLook look, ConfigurationAct act) => Say.Count(look.Changes.Count(change => change.Act == act));

    private static string Short(string? json) => json is null ? "nothing" : json.Length > 300 ? json[..300] + "…" : json;

    private static string Word(ConfigurationChange change) => change.Refused is not null ? "Refused" : change.Act switch { ConfigurationAct.Add => "Added", ConfigurationAct.Remove => "Removed", _ => "Changed" };

    private static Status Look(ConfigurationChange change) => change.Refused is not null ? Status.Bad : change.Act switch { ConfigurationAct.Add => Status.Ok, ConfigurationAct.Remove => Status.Wait, _ => Status.Run };
}
