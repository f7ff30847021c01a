using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Feeds;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Reconciliation;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlTower.Sync.Feeds;

/// <summary>
/// What people do about feeds: set them up, hold them, run a day again, send days of long ago. Each act is one transaction with its audit entry, which never holds a secret. The caller has checked the permission.
/// </summary>
public sealed class FeedDesk(FeedStore feeds, ReconActing acting, AuditLog audit, SecretSeal seal, SftpServers servers, Doorbell doorbell, IOptions<FeedOptions> options, TimeProvider clock)
{
    public const string Manage = "finance:feed:manage";

    /// <summary>The act of taking a file along, in the trail.</summary>
    public const string Fetch = "finance:feed:fetch";

    /// <summary>Days that are sent in one back-fill.</summary>
    public const int MostDays = 400;

    public static string Subject(long feed) => string.Create(CultureInfo.InvariantCulture, $"feed:{feed}");

    /// <summary>Adds a feed, or changes it.</summary>
    /// <param name="id">0: a new one.</param>
    /// <param name="version">That the person saw; 0 for a new one.</param>
    public async Task<ReconAnswer> SaveAsync(long id, int version, FeedDraft draft, Actor actor, CancellationToken cancel)
    {
        var all = await feeds.ListAsync(cancel);
        var before = all.FirstOrDefault(f => f.Id == id);
        var keeps = before is { HasSecret: true } && before.Place.IsServerOf(draft.Place);
        if (FeedRules.Wrong(draft, id, keeps, all, options.Value, clock.GetUtcNow()) is { Count: > 0 } wrong)
        {
            return new ReconAnswer.Refused("field", "Something is not right yet.", wrong);
        }

        var detail = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["act"] = id == 0 ? "add" : "change", ["name"] = draft.Name, ["list"] = draft.What, ["to"] = draft.Place.Words, ["when"] = $"{draft.Calendar.Cron} {draft.Calendar.TimeZone}", ["secret"] = draft.Secret is null ? "kept" : "entered",
        };
        return await acting.InAsync(actor, Manage, id == 0 ? $"feed:{draft.Name}" : Subject(id), null, detail, connection => StoreAsync(connection, id, version, draft, actor, cancel), cancel);
    }

    /// <summary>Holds a feed: nothing of it begins by itself until it goes on.</summary>
    public Task<ReconAnswer> PauseAsync(long id, int version, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.InAsync(
            actor, Manage, Subject(id), why.Trim(), Act("pause"),
            async connection => await FeedStore.PauseAsync(connection, id, version, (actor.Name, why.Trim()), cancel) ? new ReconAnswer.Done(Id: id) : ReconActing.Moved, cancel);

    /// <summary>Lets it go on. Days that it missed are sent if it catches up.</summary>
    public async Task<ReconAnswer> ResumeAsync(long id, int version, Actor actor, CancellationToken cancel) =>
        // Whoever takes a secret away makes another version.
        await feeds.FindAsync(id, cancel) is { Place.IsSftp: true, HasSecret: false } ? new ReconAnswer.Refused("state", "Its password or key was never entered here. Change it, enter that, then let it go on.")
        : await acting.InAsync(actor, Manage, Subject(id), null, Act("resume"), async connection => await FeedStore.PauseAsync(connection, id, version, null, cancel) ? new ReconAnswer.Done(Id: id) : ReconActing.Moved, cancel);

    /// <summary>Asks a server for its key, so that a person can compare it with what its operator says. Nothing is stored and nothing secret is sent.</summary>
    public async Task<(SftpKey? Key, ReconProblem? Problem)> KeyAsync(string host, int port, CancellationToken cancel)
    {
        if (FeedRules.ServerWrong(host, port, options.Value) is { } wrong)
        {
            return (null, wrong);
        }

        try
        {
            return (await servers.KeyAsync(host, port, cancel), null);
        }
        catch (Exception no) when (no is FeedRefusedException or IOException)
        {
            return (null, new ReconProblem(FeedRules.HostKey, no.Message));
        }
    }

    /// <summary>A day again: what failed is tried anew; what was delivered gets another revision beside it.</summary>
    public async Task<ReconAnswer> AgainAsync(long run, string why, Actor actor, CancellationToken cancel)
    {
        if (ReconActing.Reason(why) is { } wrong)
        {
            return wrong;
        }

        if (await feeds.RunAsync(run, cancel) is not { } of)
        {
            return new ReconAnswer.Refused("unknown", "There is no such run.");
        }

        var detail = Act("again");
        detail["day"] = of.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return Rung(await acting.InAsync(
            actor, Manage, Subject(of.Feed), why.Trim(), detail,
            async connection => await FeedWork.AgainAsync(connection, of, clock.GetUtcNow(), actor.Name, why.Trim(), cancel) is { } id
                ? new ReconAnswer.Done(Id: id) : new ReconAnswer.Refused("state", "This day is under way already, or a newer revision of it stands."), cancel));
    }

    /// <summary>Sends the business days from one to another that have no run yet, behind those of the calendar.</summary>
    public Task<ReconAnswer> BackfillAsync(long id, DateOnly from, DateOnly to, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong) : BackfillAsync(id, from, to, why, Guid.CreateVersion7(), actor, cancel);

    /// <summary>Writes the file of a run into the stream; that it was fetched stands in the trail before the first byte goes out.</summary>
    public async Task FetchAsync(FeedRun run, Actor actor, Stream to, CancellationToken cancel)
    {
        var detail = new Dictionary<string, string>(StringComparer.Ordinal) { ["file"] = run.File!, ["sha256"] = run.Sha256! };
        await audit.AppendAsync(new AuditEntry(actor, Fetch, Subject(run.Feed), Detail: detail), cancel);
        await foreach (var bytes in feeds.PartsAsync(run.Id, cancel))
        {
            await to.WriteAsync(bytes, cancel);
        }
    }

    private async Task<ReconAnswer> BackfillAsync(long id, DateOnly from, DateOnly to, string why, Guid bundle, Actor actor, CancellationToken cancel)
    {
        var detail = Act("back-fill");
        (detail["from"], detail["to"]) = (from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), to.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        return Rung(await acting.InAsync(
            actor, Manage, Subject(id), why.Trim(), detail,
            async connection =>
            {
                if (await FeedStore.LockAsync(connection, id, cancel) is not { } feed)
                {
                    return new ReconAnswer.Refused("unknown", "There is no such feed.");
                }

                if (FeedSources.Find(feed.What) is { IsOfNow: true } ofNow)
                {
                    return new ReconAnswer.Refused("field", "These days cannot be sent.", [new ReconProblem("days", $"{ofNow.Title} lists how things stand when the file is made: there is no list of an earlier day.")]);
                }

                var now = clock.GetUtcNow();
                if (to < from || to.DayNumber - from.DayNumber >= MostDays || to > FeedDays.LastOver(feed.Calendar.TimeZone, now))
                {
                    return new ReconAnswer.Refused("field", "These days cannot be sent.", [new ReconProblem("days", string.Create(CultureInfo.InvariantCulture, $"From a day to a later one that is over, at most {MostDays} days at once."))]);
                }

                var count = await FeedWork.PlanAsync(connection, id, FeedDays.Between(feed.Calendar, from, to, now), actor.Name, why.Trim(), bundle, cancel);
                return count > 0 ? new ReconAnswer.Done(count, Id: id) : new ReconAnswer.Refused("field", "There is nothing to send.", [new ReconProblem("days", "Each of these days has its run, or the calendar leaves it out.")]);
            },
            cancel));
    }

    private async Task<ReconAnswer> StoreAsync(NpgsqlConnection connection, long id, int version, FeedDraft draft, Actor actor, CancellationToken cancel)
    {
        var feed = new Feed(
            id, draft.Name, draft.What, draft.Format, draft.Brand, draft.Place, HasSecret: false, draft.Calendar, draft.WaitsComplete, draft.WaitsFor, draft.LateMinutes, clock.GetUtcNow(), null, version);
        try
        {
            if (id == 0)
            {
                id = await FeedStore.AddAsync(connection, feed, actor.Name, cancel);
            }
            else if (!await FeedStore.ChangeAsync(connection, feed, actor.Name, cancel))
            {
                return ReconActing.Moved;
            }
        }
        catch (PostgresException twice) when (twice is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "feed_name" })
        {
            return new ReconAnswer.Refused("field", "Something is not right yet.", [new ReconProblem(FeedRules.Name, "Another feed has this name, and files are named after it.")]);
        }

        if (draft is { Place.IsSftp: true, Secret: { } secret })
        {
            await FeedStore.SealAsync(connection, id, seal.Seal(FeedMaking.SealOf(id, draft.Place), new Dictionary<string, string>(StringComparer.Ordinal) { [FeedMaking.Secret] = secret }), cancel);
        }

        await FeedStore.WaitForAsync(connection, id, draft.WaitsFor, cancel);
        return new ReconAnswer.Done(Id: id);
    }

    private ReconAnswer Rung(ReconAnswer answer)
    {
        doorbell.Ring(Doorbell.Feeds);
        return answer;
    }

    private static Dictionary<string, string> Act(string act) => new(StringComparer.Ordinal) { ["act"] = act };
}
