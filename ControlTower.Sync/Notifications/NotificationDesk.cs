using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Connectors;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Sync.Notifications;

/// <summary>What came of an act on a channel.</summary>
public abstract record ChannelAnswer
{
    public sealed record Done(Guid Id) : ChannelAnswer;

    /// <summary>Nothing was changed; each problem names its field.</summary>
    public sealed record Wrong(IReadOnlyList<SettingProblem> Problems) : ChannelAnswer;

    /// <summary>Somebody changed it after it was opened here, or it is gone. Nothing was changed.</summary>
    public sealed record ChangedMeanwhile : ChannelAnswer;
}

/// <summary>
/// Sets up where people are told. Each write is one transaction with its audit entry, which names what was done and the host, never a secret. The caller has checked the permission.
/// </summary>
public sealed class NotificationDesk(TowerDataSources data, MessagePost post, MessageText text, AuditLog audit, IOptions<NotificationOptions> options, TimeProvider clock)
{
    /// <summary>The permission under which the audit keeps these acts.</summary>
    public const string Manage = "admin:notifications:manage";

    /// <summary>A person's own choice, kept under the right to be here at all.</summary>
    public const string Choose = "shell:notifications:choose";

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>(StringComparer.Ordinal);

    public Task<List<NotificationChannel>> ListAsync(CancellationToken cancel = default) => ChannelStore.ListAsync(data.Read, cancel);

    public async Task<ChannelAnswer> AddAsync(ChannelDraft draft, Actor actor, CancellationToken cancel = default)
    {
        if (Check(draft, draft.Typed) is { Count: > 0 } wrong)
        {
            return new ChannelAnswer.Wrong(wrong);
        }

        var id = Guid.CreateVersion7(clock.GetUtcNow());
        return await ActAsync(id, "add", draft, c => ChannelStore.AddAsync(c, Channel(id, draft, draft.Typed), cancel), actor, cancel);
    }

    /// <param name="version">The version that the person had opened.</param>
    public async Task<ChannelAnswer> ChangeAsync(Guid id, ChannelDraft draft, int version, Actor actor, CancellationToken cancel = default)
    {
        var channel = (await ChannelStore.ListAsync(data.Work, cancel)).Find(one => one.Id == id);
        if (channel?.Version != version)
        {
            return new ChannelAnswer.ChangedMeanwhile();
        }

        var asked = draft with { Kind = channel.Kind };
        var secrets = Merged(channel, asked);
        if (Check(asked, secrets).Concat(Unseen(channel, asked)).ToList() is { Count: > 0 } wrong)
        {
            return new ChannelAnswer.Wrong(wrong);
        }

        return await ActAsync(id, "change", asked, c => ChangeLockedAsync(c, Channel(id, asked, secrets), version, cancel), actor, cancel);
    }

    /// <summary>Deletes the channel with all that it was to tell.</summary>
    public async Task<ChannelAnswer> DeleteAsync(Guid id, int version, Actor actor, CancellationToken cancel = default)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await ChannelStore.LockAsync(connection, id, cancel) is not { } channel || channel.Version != version)
        {
            return new ChannelAnswer.ChangedMeanwhile();
        }

        await ChannelStore.DeleteAsync(connection, id, cancel);
        await WriteAsync(connection, transaction, id, Detail("delete", channel.Kind, channel.Name, channel.Settings.Host), actor, cancel);
        await transaction.CommitAsync(cancel);
        return new ChannelAnswer.Done(id);
    }

    /// <summary>Tries again what was given up. Twice is once.</summary>
    public async Task<int> AgainAsync(Guid id, Actor actor, CancellationToken cancel = default)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var again = await ChannelStore.AgainAsync(connection, id, cancel);
        if (again > 0)
        {
            var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["act"] = "send again", ["messages"] = again.ToString(CultureInfo.InvariantCulture) };
            await WriteAsync(connection, transaction, id, detail, actor, cancel);
            await transaction.CommitAsync(cancel);
        }

        return again;
    }

    /// <summary>Sends one message with the values as they stand in the form, stored secrets filling in for those that were not typed. The answer is the receiver's own.</summary>
    /// <param name="id">The stored channel; null for a new one.</param>
    /// <param name="email">Of the person who asks: an e-mail channel is tried with a mail to them.</param>
    public async Task<(SendAnswer? Answer, IReadOnlyList<SettingProblem> Problems)> TestAsync(Guid? id, ChannelDraft draft, string email, Actor actor, CancellationToken cancel = default)
    {
        var stored = id is { } known ? (await ChannelStore.ListAsync(data.Read, cancel)).Find(one => one.Id == known) : null;
        var asked = stored is null ? draft : draft with { Kind = stored.Kind };
        var secrets = stored is null ? asked.Typed : Merged(stored, asked);
        if (Check(asked, secrets).Concat(stored is null ? [] : Unseen(stored, asked)).ToList() is { Count: > 0 } wrong)
        {
            return (null, wrong);
        }

        var channel = Channel(stored?.Id ?? Guid.NewGuid(), asked, secrets);
        var answer = await post.SendAsync(channel, text.Test(asked.Name, actor.Name, clock.GetUtcNow()), email, cancel);
        var detail = Detail("test", channel.Kind, channel.Name, channel.Settings.Host);
        await audit.AppendAsync(new AuditEntry(actor, Manage, $"channel:{channel.Id}", answer.Sent ? AuditOutcome.Done : AuditOutcome.Failed, null, detail), cancel);
        return (answer, []);
    }

    /// <summary>Keeps what a person wants by e-mail.</summary>
    public async Task ChooseAsync(Guid person, MailChoice choice, Actor actor, CancellationToken cancel = default)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await NotificationQueries.ChooseAsync(connection, person, choice, cancel);
        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["assigned"] = choice.Assigned ? "yes" : "no", ["sla"] = choice.Sla ? "yes" : "no" };
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Choose, $"account:{person}", AuditOutcome.Done, null, detail), cancel);
        await transaction.CommitAsync(cancel);
    }

    private async Task<ChannelAnswer> ActAsync(Guid id, string act, ChannelDraft draft, Func<NpgsqlConnection, Task<int>> write, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var written = await write(connection);
        if (written <= 0)
        {
            return written < 0 ? new ChannelAnswer.ChangedMeanwhile()
                : new ChannelAnswer.Wrong([new("name", $"Another channel has this name, or there are {ChannelStore.Most} already. Choose another name, or change that one.")]);
        }

        var detail = Detail(act, draft.Kind, draft.Name, HostOf(draft));
        detail["tells"] = string.Join(' ', draft.Events);
        detail["enabled"] = draft.Enabled ? "yes" : "no";
        await WriteAsync(connection, transaction, id, detail, actor, cancel);
        await transaction.CommitAsync(cancel);
        return new ChannelAnswer.Done(id);
    }

    private static async Task<int> ChangeLockedAsync(NpgsqlConnection connection, NotificationChannel channel, int version, CancellationToken cancel)
    {
        if (await ChannelStore.LockAsync(connection, channel.Id, cancel) is not { } now || now.Version != version)
        {
            return -1;
        }

        if (!channel.Enabled)
        {
            await ChannelStore.DropWaitingAsync(connection, channel.Id, cancel);
        }

        return await ChannelStore.ChangeAsync(connection, channel, cancel);
    }

    private IReadOnlyList<SettingProblem> Check(ChannelDraft draft, IReadOnlyDictionary<string, string> secrets) => ChannelRules.Check(draft, secrets, options.Value.AllowPrivateNetworks);

    private Dictionary<string, string> Merged(NotificationChannel channel, ChannelDraft draft)
    {
        var secrets = (post.Open(channel) ?? None).ToDictionary(StringComparer.Ordinal);
        foreach (var (name, value) in draft.Typed)
        {
            secrets[name] = value;
        }

        if (draft is { Kind: ChannelKind.Email, Settings.User.Length: 0 })
        {
            secrets.Remove("password");
        }

        return secrets;
    }

    /// <summary>Whoever may change the server could read the stored password there, were it not to be entered anew.</summary>
    private static IEnumerable<SettingProblem> Unseen(NotificationChannel channel, ChannelDraft draft) =>
        draft is { Kind: ChannelKind.Email, Settings.User.Length: > 0 } && !draft.Typed.ContainsKey("password")
            && (!channel.Settings.Host.Equals(draft.Settings.Host, StringComparison.OrdinalIgnoreCase) || channel.Settings.Port != draft.Settings.Port)
            ? [new("password", "The mail server is another one now. Enter the password again, so that it does not go there unseen.")]
            : [];

    private NotificationChannel Channel(Guid id, ChannelDraft draft, IReadOnlyDictionary<string, string> secrets) => new(
        id, draft.Kind, draft.Name, draft.Kind == ChannelKind.Email ? draft.Settings : new ChannelSettings(HostOf(secrets)), post.Seal(id, secrets), draft.Events, draft.Zone, draft.Quiet,
        draft.BreachBreaks, draft.GatherMinutes, draft.Enabled, 1);

    private static string HostOf(ChannelDraft draft) => draft.Kind == ChannelKind.Email ? draft.Settings.Host : draft.Typed.ContainsKey("url") ? HostOf(draft.Typed) : "as before";

    private static string HostOf(IReadOnlyDictionary<string, string> secrets) => Uri.TryCreate(secrets.GetValueOrDefault("url"), UriKind.Absolute, out var uri) ? uri.Host : "";

    private static Dictionary<string, string> Detail(string act, string kind, string name, string host) =>
        new(StringComparer.Ordinal) { ["act"] = act, ["kind"] = kind, ["name"] = name, ["host"] = host };

    private Task<long> WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, Dictionary<string, string> detail, Actor actor, CancellationToken cancel) =>
        audit.AppendAsync(connection, transaction, new AuditEntry(actor, Manage, $"channel:{id}", AuditOutcome.Done, null, detail), cancel);
}
