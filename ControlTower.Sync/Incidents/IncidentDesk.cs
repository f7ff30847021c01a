using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Incidents;
using ControlTower.Data.Live;
using Npgsql;

namespace ControlTower.Sync.Incidents;

/// <summary>
/// What people do about incidents. Each act is one transaction with its line in the timeline and its audit entry; it carries a key, and the same key again does nothing more, so an act whose answer was lost may be
/// repeated. Acts that replace something name the version that their person saw: the second of two changes nothing and is told.
/// </summary>
public sealed class IncidentDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    public const string ActPermission = "incidents:incident:act";
    public const string DismissPermission = "incidents:incident:dismiss";
    public const string RulesPermission = "incidents:rule:write";

    public const int LongestTitle = 120;
    public const int LongestWords = 1_000;
    public const int LongestReview = 20_000;

    /// <summary>Opens an incident, or joins the one that is open about the same. Its begin is looked up in the data: the first call that was not answered, the first case that opened.</summary>
    public async Task<IncidentAnswer> OpenAsync(IncidentDraft draft, Guid key, Actor actor, CancellationToken cancel)
    {
        if (Words(draft.Words) is { } wrong)
        {
            return wrong;
        }

        if (!IncidentSeverity.All.Contains(draft.Severity))
        {
            return new IncidentAnswer.Refused("field", "Choose how bad it is.", "severity");
        }

        var title = draft.Title.Trim();
        if (draft.Fingerprint is null && title.Length is 0 or > LongestTitle)
        {
            return new IncidentAnswer.Refused("field", $"Say in 1 to {LongestTitle.ToString(CultureInfo.InvariantCulture)} characters what it is.", "title");
        }

        return await InAsync(
            actor, ActPermission, draft.Words.Trim(),
            async connection =>
            {
                if (await IncidentActs.FlaggedAsync(connection, key, cancel) is { } known)
                {
                    return (new IncidentAnswer.Done(known), false);
                }

                var (kind, subject, system, brand, began) = (IncidentKind.Manual, $"manual/{key:N}", "", "", (DateTimeOffset?)null);
                if (draft.Fingerprint is { } fingerprint)
                {
                    if (await IncidentActs.CauseAsync(connection, fingerprint, cancel) is not { } cause)
                    {
                        return (new IncidentAnswer.Refused("unknown", "No case of this cause is open any more."), false);
                    }

                    (kind, subject, title, system, brand, began) = (IncidentKind.Cause, fingerprint, cause.Title, cause.System, cause.Brand, cause.Began);
                }
                else if (draft.System is { } id)
                {
                    if (await IncidentActs.SystemAsync(connection, id, cancel) is not { } about)
                    {
                        return (new IncidentAnswer.Refused("unknown", "There is no such system.", "system"), false);
                    }

                    (kind, subject, system, brand, began) = (IncidentKind.Connection, id, id, about.Brand, about.Began);
                }

                var incident = await IncidentActs.FlagAsync(connection, key, kind, subject, title, draft.Severity, draft.Words.Trim(), began, brand, system, actor.Id, actor.Name, cancel);
                await IncidentActs.RefreshAsync(connection, incident, cancel);
                return (new IncidentAnswer.Done(incident), true);
            },
            cancel);
    }

    public Task<IncidentAnswer> NoteAsync(long id, string words, Guid key, Actor actor, CancellationToken cancel) => OnAsync(
        id, null, key, "note", words, actor, ActPermission, _ => null, (_, _) => Task.FromResult<IncidentAnswer.Refused?>(null), cancel);

    /// <summary>Takes a role, hands it to somebody else, or gives it back.</summary>
    /// <param name="person">Null: nobody.</param>
    public Task<IncidentAnswer> RoleAsync(long id, int seen, IncidentRole role, Guid? person, Guid key, Actor actor, CancellationToken cancel)
    {
        var who = role == IncidentRole.Lead ? "Lead" : "Stakeholders";
        var name = (string?)null;
        return OnAsync(
            id, seen, key, "role", () => name is null ? $"{who}: nobody." : $"{who}: {name}.", actor, ActPermission, NotOver,
            async (connection, _) =>
            {
                name = await IncidentActs.RoleAsync(connection, id, role == IncidentRole.Lead, person, cancel);
                return person is null || name is not null ? null : new IncidentAnswer.Refused("field", "This person cannot sign in any more. Choose somebody else.", "person");
            },
            cancel);
    }

    public Task<IncidentAnswer> SeverityAsync(long id, int seen, string severity, string why, Guid key, Actor actor, CancellationToken cancel) => OnAsync(
        id, seen, key, "severity", $"Now {severity}: {why.Trim()}", actor, ActPermission,
        held => Words(why) ?? (!IncidentSeverity.All.Contains(severity) || severity == held.Severity ? new IncidentAnswer.Refused("field", "Choose another severity.", "severity") : NotOver(held)),
        async (connection, _) =>
        {
            await IncidentActs.SeverityAsync(connection, id, severity, cancel);
            return null;
        },
        cancel);

    /// <summary>What stakeholders are told: it stands at the head until it is replaced.</summary>
    public Task<IncidentAnswer> StakeholdersAsync(long id, int seen, string words, Guid key, Actor actor, CancellationToken cancel) => OnAsync(
        id, seen, key, "status", words, actor, ActPermission, NotOver,
        async (connection, _) =>
        {
            await IncidentActs.StakeholdersAsync(connection, id, words.Trim(), cancel);
            return null;
        },
        cancel);

    /// <summary>A person says that the cause is over. Conditions of rules end by themselves and are not ended here; the incident goes on until what it harmed is drained.</summary>
    public Task<IncidentAnswer> RestoredAsync(long id, string why, Guid key, Actor actor, CancellationToken cancel) => OnAsync(
        id, null, key, "note", $"The cause is over: {why.Trim()}", actor, ActPermission,
        held => Words(why) ?? NotOver(held) ?? (held.Flagged ? null : new IncidentAnswer.Refused("state", held.Holding
            ? "What a rule sees ends by itself when it is over."
            : "The cause is over already. The incident ends when every transaction that it harmed is completed or written off.")),
        async (connection, _) =>
        {
            await IncidentActs.LowerFlagsAsync(connection, id, cancel);
            await IncidentActs.RefreshAsync(connection, id, cancel);
            return null;
        },
        cancel);

    /// <summary>Closes what is drained: a restored system is no restored order.</summary>
    public Task<IncidentAnswer> CloseAsync(long id, int seen, string words, Guid key, Actor actor, CancellationToken cancel) => OnAsync(
        id, seen, key, "closed", words, actor, ActPermission,
        held => held.Status == IncidentStatus.Drained ? null : new IncidentAnswer.Refused("state", held.Status == IncidentStatus.Open
            ? "It is not drained: its cause holds, or a transaction that it harmed is neither completed nor written off."
            : "It is closed already."),
        async (connection, _) =>
        {
            await IncidentActs.EndAsync(connection, id, IncidentStatus.Closed, cancel);
            return null;
        },
        cancel);

    /// <summary>A false alarm: it counts in no mean. The condition that raised it opens no other until it has ended once.</summary>
    public Task<IncidentAnswer> DismissAsync(long id, int seen, string why, Guid key, Actor actor, CancellationToken cancel) => OnAsync(
        id, seen, key, "dismissed", why, actor, DismissPermission, NotOver,
        async (connection, _) =>
        {
            await IncidentActs.LowerFlagsAsync(connection, id, cancel);
            await IncidentActs.EndAsync(connection, id, IncidentStatus.Dismissed, cancel);
            return null;
        },
        cancel);

    /// <summary>What was learned; also after it is closed.</summary>
    public Task<IncidentAnswer> ReviewAsync(long id, int seen, string text, Guid key, Actor actor, CancellationToken cancel) => OnAsync(
        id, seen, key, "review", () => string.Create(CultureInfo.InvariantCulture, $"The review was written: {text.Trim().Length} characters."), actor, ActPermission,
        _ => text.Trim().Length > LongestReview ? new IncidentAnswer.Refused("field", $"At most {LongestReview.ToString(CultureInfo.InvariantCulture)} characters fit.", "review") : null,
        async (connection, _) =>
        {
            await IncidentActs.ReviewAsync(connection, id, text.Trim(), cancel);
            return null;
        },
        cancel);

    /// <summary>Changes when a condition is trouble, from the next look on.</summary>
    public async Task<IncidentAnswer> RuleAsync(IncidentRule rule, Actor actor, CancellationToken cancel)
    {
        if (rule.AfterMinutes is < 0 or > 1440 || rule.TakeMinutes is < 0 or > 1440)
        {
            return new IncidentAnswer.Refused("field", "Minutes are from 0 to 1440.", rule.AfterMinutes is < 0 or > 1440 ? "after" : "take");
        }

        if (rule.Most is < 0 or > 1_000_000)
        {
            return new IncidentAnswer.Refused("field", "The limit is from 0 to 1,000,000.", "most");
        }

        if (!IncidentSeverity.All.Contains(rule.Severity))
        {
            return new IncidentAnswer.Refused("field", "Choose how bad it is.", "severity");
        }

        return await InAsync(
            actor, RulesPermission,
            string.Create(CultureInfo.InvariantCulture, $"{rule.Kind}: {(rule.Active ? "on" : "off")}, after {rule.AfterMinutes} min, more than {rule.Most}, {rule.Severity}, to be taken within {rule.TakeMinutes} min"),
            async connection => await IncidentActs.RuleAsync(connection, rule, actor.Name, cancel) ? (new IncidentAnswer.Done(0), true) : (Moved, false),
            cancel, $"incident-rule:{rule.Kind}");
    }

    private static IncidentAnswer.Refused Moved { get; } = new("moved", "It changed since you opened it. Look at it again, then decide.");

    private static IncidentAnswer.Refused? NotOver(IncidentHeld held) => held.Status is IncidentStatus.Closed or IncidentStatus.Dismissed ? new("state", "It is closed. What was learned belongs into its review.") : null;

    private static IncidentAnswer.Refused? Words(string words) => string.IsNullOrWhiteSpace(words) ? new("field", "Say it in a few words.", "words")
        : words.Trim().Length > LongestWords ? new("field", $"At most {LongestWords.ToString(CultureInfo.InvariantCulture)} characters fit.", "words") : null;

    private Task<IncidentAnswer> OnAsync(
        long id, int? seen, Guid key, string kind, string words, Actor actor, string permission, Func<IncidentHeld, IncidentAnswer.Refused?> refuses,
        Func<NpgsqlConnection, IncidentHeld, Task<IncidentAnswer.Refused?>> act, CancellationToken cancel) =>
        Words(words) is { } wrong ? Task.FromResult<IncidentAnswer>(wrong) : OnAsync(id, seen, key, kind, () => words.Trim(), actor, permission, refuses, act, cancel);

    // The incident's lock comes before everything else, so two acts on one incident are one after the other.
    private Task<IncidentAnswer> OnAsync(
        long id, int? seen, Guid key, string kind, Func<string> words, Actor actor, string permission, Func<IncidentHeld, IncidentAnswer.Refused?> refuses,
        Func<NpgsqlConnection, IncidentHeld, Task<IncidentAnswer.Refused?>> act, CancellationToken cancel) => InAsync(
        actor, permission, null,
        async connection =>
        {
            if (await IncidentActs.LockAsync(connection, id, cancel) is not { } held)
            {
                return (new IncidentAnswer.Refused("unknown", "There is no such incident."), false);
            }

            // Asked again after a lost answer, it is done: whatever the version is by now.
            if (await IncidentActs.DoneAsync(connection, key, cancel))
            {
                return (new IncidentAnswer.Done(id), false);
            }

            if (seen is { } version && version != held.Version)
            {
                return (Moved, false);
            }

            if ((refuses(held) ?? await act(connection, held)) is { } why)
            {
                return (why, false);
            }

            await IncidentActs.LogAsync(connection, id, kind, words(), actor.Name, key, cancel);
            return (new IncidentAnswer.Done(id), true);
        },
        cancel, detail: words);

    private async Task<IncidentAnswer> InAsync(
        Actor actor, string permission, string? reason, Func<NpgsqlConnection, Task<(IncidentAnswer Answer, bool Changed)>> act, CancellationToken cancel, string? subject = null, Func<string>? detail = null)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var (answer, changed) = await act(connection);
        if (answer is IncidentAnswer.Done done && changed)
        {
            var about = subject ?? $"incident:{done.Id.ToString(CultureInfo.InvariantCulture)}";
            await audit.AppendAsync(connection, transaction, new AuditEntry(actor, permission, about, Reason: Short(reason ?? detail?.Invoke())), cancel);
            await transaction.CommitAsync(cancel);
            changes.Announce(LiveTopics.Incidents);
        }

        return answer;
    }

    private static string? Short(string? words) => words is { Length: > 500 } ? words[..500] : words;
}
