using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Kpis;
using ControlTower.Data.Live;
using Npgsql;

namespace ControlTower.Sync.Kpis;

/// <summary>What came of an act about key figures. A field is named where one is wrong; then nothing was written.</summary>
public sealed record KpiAnswer(bool Done, string? Field = null, string? Words = null)
{
    public static KpiAnswer Written { get; } = new(true);

    public static KpiAnswer Wrong(string field, string words) => new(false, field, words);
}

/// <summary>What people set about key figures: targets and objectives, what costs are reckoned with, notes on curves. Each is one transaction with its audit entry, and done once by its key.</summary>
public sealed class KpiDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    public const string TargetPermission = "kpis:target:write";
    public const string AssumptionPermission = "kpis:assumption:write";
    public const string NotePermission = "kpis:note:write";

    public const int LongestWords = 500;
    public const int LongestNote = 200;

    /// <summary>Sets what a figure is to reach, from now on. What was in force stays in its history.</summary>
    /// <param name="target">Its value in the unit of the figure; an objective only where a share of what is measured can be good.</param>
    /// <param name="key">Of the act: a repeat is the same.</param>
    public Task<KpiAnswer> SetTargetAsync(string kpi, KpiTarget target, Guid key, Actor actor, CancellationToken cancel)
    {
        if (Problem(kpi, target) is { } problem)
        {
            return Task.FromResult(problem);
        }

        var clean = target with { Owner = target.Owner.Trim(), Words = target.Words.Trim(), Brand = target.Brand.Trim() };
        return InAsync(
            actor, TargetPermission, $"kpi/{kpi}", clean.Words,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["target"] = clean.Value?.ToString(CultureInfo.InvariantCulture) ?? "none", ["objective"] = clean.Objective?.ToString(CultureInfo.InvariantCulture) ?? "none", ["owner"] = clean.Owner, ["brand"] = clean.Brand,
            },
            connection => KpiSettings.AddTargetAsync(connection, kpi, clean, actor.Name, key, cancel), cancel);
    }

    /// <summary>Sets what a cost is reckoned with, for all weeks: the past is reckoned anew with it.</summary>
    public Task<KpiAnswer> AssumeAsync(string name, decimal value, string words, Guid key, Actor actor, CancellationToken cancel)
    {
        if (KpiAssumption.Find(name) is not { } assumption)
        {
            return Task.FromResult(KpiAnswer.Wrong("name", "There is no such assumption."));
        }

        if (value < 0 || value > assumption.Most)
        {
            return Task.FromResult(KpiAnswer.Wrong("value", $"Enter {assumption.Unit} from 0 to {assumption.Most.ToString("0.######", CultureInfo.InvariantCulture)}."));
        }

        if (Words(words, LongestWords) is { } wrong)
        {
            return Task.FromResult(wrong);
        }

        return InAsync(
            actor, AssumptionPermission, $"kpi/assumption/{name}", words.Trim(), new Dictionary<string, string>(StringComparer.Ordinal) { ["value"] = value.ToString(CultureInfo.InvariantCulture) },
            connection => KpiSettings.AddAssumptionAsync(connection, name, value, words.Trim(), actor.Name, key, cancel), cancel);
    }

    /// <summary>Puts a note on every curve.</summary>
    public Task<KpiAnswer> AnnotateAsync(DateTimeOffset at, DateTimeOffset? until, string words, Guid key, Actor actor, CancellationToken cancel)
    {
        if (Words(words, LongestNote) is { } wrong)
        {
            return Task.FromResult(wrong);
        }

        if (until < at)
        {
            return Task.FromResult(KpiAnswer.Wrong("until", "It ends before it begins. Enter an end after the begin, or none."));
        }

        return InAsync(actor, NotePermission, "kpi/note", null, new Dictionary<string, string>(StringComparer.Ordinal) { ["words"] = words.Trim() }, connection => KpiSettings.AddNoteAsync(connection, at, until, words.Trim(), actor.Name, key, cancel), cancel);
    }

    /// <summary>What is wrong with a target; null if it can be set.</summary>
    public static KpiAnswer? Problem(string kpi, KpiTarget target)
    {
        if (KpiCatalogue.Find(kpi) is not { } figure)
        {
            return KpiAnswer.Wrong("kpi", "There is no such figure.");
        }

        if (target.Value is { } value && (!double.IsFinite(value) || value < 0 || value > (figure.Unit == KpiUnit.Share ? 1 : 1e9)))
        {
            return KpiAnswer.Wrong("target", figure.Unit == KpiUnit.Share ? "Enter a percentage from 0 to 100, or nothing for no target." : "Enter a number from 0 up, or nothing for no target.");
        }

        if (target.Objective is { } objective && !(objective is >= 0.5 and < 1))
        {
            return KpiAnswer.Wrong("objective", "Enter a percentage from 50 to below 100, or nothing for no error budget.");
        }

        if (target is { Objective: not null } && figure.Source is not (KpiSource.Facts or KpiSource.Calls))
        {
            return KpiAnswer.Wrong("objective", "This figure is not counted as it happens, so it has no error budget to burn. Leave it empty.");
        }

        if (target is { Objective: not null, Value: null } && figure.Unit == KpiUnit.Seconds)
        {
            return KpiAnswer.Wrong("target", "An error budget needs a target: what takes longer than it is not good.");
        }

        if (string.IsNullOrWhiteSpace(target.Owner) || target.Owner.Trim().Length > 100)
        {
            return KpiAnswer.Wrong("owner", "Name who answers for it, in at most 100 characters.");
        }

        return target.Brand.Length > 60 ? KpiAnswer.Wrong("brand", "There is no such brand.") : Words(target.Words, LongestWords);
    }

    private static KpiAnswer? Words(string words, int most) => string.IsNullOrWhiteSpace(words) ? KpiAnswer.Wrong("words", "Say why in a few words.")
        : words.Trim().Length > most ? KpiAnswer.Wrong("words", $"At most {most.ToString(CultureInfo.InvariantCulture)} characters fit.")
        : words.Contains('\0', StringComparison.Ordinal) ? KpiAnswer.Wrong("words", "It holds a character that cannot be stored.") : null;

    private async Task<KpiAnswer> InAsync(
        Actor actor, string permission, string subject, string? reason, Dictionary<string, string> detail, Func<NpgsqlConnection, Task<int>> act, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await act(connection) == 1)
        {
            await audit.AppendAsync(connection, transaction, new AuditEntry(actor, permission, subject, Reason: reason, Detail: detail), cancel);
            await transaction.CommitAsync(cancel);
            changes.Announce(LiveTopics.Kpis);
        }

        return KpiAnswer.Written;
    }
}
