using System.Globalization;
using System.Text.RegularExpressions;
using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Reconciliation;
using NpgsqlTypes;

namespace ControlTower.Sync.Reconciliation;

/// <summary>How reconciliation works here: rules, lags and limits, who settles what, what a role may write off. What a rule did can be taken back with it.</summary>
public sealed partial class ReconRuleDesk(ReconActing acting)
{
    public const string RulePermission = "finance:rule:write";

    internal const string PatternWords = "This is no regular expression that the database can use, such as STRIPE|ADYEN.";

    private static readonly ReconAnswer.Refused NoPattern = new("field", PatternWords, [new ReconProblem("pattern", PatternWords)]);
    private static readonly string[] Kinds = ["tolerance", "amount", "sum"];

    /// <summary>Everything wrong with a rule, by field; empty if it can be saved.</summary>
    public static IReadOnlyList<ReconProblem> Problems(ReconRule rule)
    {
        var problems = new List<ReconProblem>();
        Check(!Comparisons.All.Contains(rule.Comparison, StringComparer.Ordinal), "comparison", "Choose what the rule is about.");
        Check(string.IsNullOrWhiteSpace(rule.Name) || rule.Name.Trim().Length > 100, "name", "Give the rule a name of at most 100 characters.");
        Check(!Kinds.Contains(rule.Kind, StringComparer.Ordinal), "kind", "Choose what the rule does.");
        Check(rule.Currency is { } c && !Currencies.IsCode(c), "currency", "Enter a currency code such as EUR, or nothing for all.");
        foreach (var (field, value) in new[] { ("above", rule.Above), ("below", rule.Below) })
        {
            Check(value is < 0m or > 1_000_000_000m, field, "Enter an amount from nought up.");
            Check(value > 0m && rule.Currency is null, "currency", "An amount needs a currency: five euro are not five yen.");
            Check(value > 0m && rule.Currency is { } of && Currencies.IsCode(of) && !new Money(value, of).IsExact, field, $"{rule.Currency} has not so many decimals.");
        }

        foreach (var (field, value) in new[] { ("abovePercent", rule.AbovePercent), ("belowPercent", rule.BelowPercent) })
        {
            Check(value is < 0m or > 100m, field, "Enter a percentage from 0 to 100.");
        }

        foreach (var (field, value) in new[] { ("daysBefore", rule.DaysBefore), ("daysAfter", rule.DaysAfter) })
        {
            Check(value is < 0 or > 366, field, "Enter days from 0 to 366.");
        }

        Check(rule.Kind == "tolerance" && rule is { Above: 0m, Below: 0m, AbovePercent: 0m, BelowPercent: 0m }, "above", "A tolerance of nought tolerates nothing: enter an amount or a percentage.");
        Check(rule.Kind == "tolerance" && rule.Pattern is not null, "pattern", "A tolerance is about an amount: it knows no words.");
        Check(rule.Kind == "tolerance" && rule.Method is not null, "method", "A tolerance is about an amount: it knows no means of payment.");
        Check(rule.Pattern is { } p && (p.Length > 200 || p.Contains('\0', StringComparison.Ordinal) || !IsPattern(p)), "pattern", PatternWords);
        return problems;

        void Check(bool bad, string field, string words)
        {
            if (bad && !problems.Exists(x => x.Field == field))
            {
                problems.Add(new(field, words));
            }
        }
    }

    /// <summary>Saves a rule; it is tried from the next look on, on everything that is open.</summary>
    /// <param name="rule">Of id 0: a new one. Otherwise its version is the one that the person saw.</param>
    public Task<ReconAnswer> SaveAsync(ReconRule rule, Actor actor, CancellationToken cancel)
    {
        if (Problems(rule) is { Count: > 0 } problems)
        {
            return Task.FromResult<ReconAnswer>(new ReconAnswer.Refused("field", problems[0].Words, problems));
        }

        var clean = rule with { Name = rule.Name.Trim(), Pattern = Empty(rule.Pattern), Method = Empty(rule.Method), Source = Empty(rule.Source), Currency = Empty(rule.Currency), Account = Empty(rule.Account) };
        return acting.InAsync(
            actor, RulePermission, $"reconciliation/rule/{clean.Name}", null,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["rule"] = clean.ToString() },
            async connection =>
            {
                if (clean.Pattern is { } pattern && !await ReconSettings.IsPatternAsync(connection, pattern, cancel))
                {
                    return NoPattern;
                }

                if (clean.Id == 0)
                {
                    if (await ReconSettings.InsertRuleAsync(connection, clean, actor.Name, cancel) is not { } made)
                    {
                        return new ReconAnswer.Refused("field", "There is a rule of this name already.", [new("name", "There is a rule of this name already.")]);
                    }

                    await AgainAsync(connection, clean.Comparison, cancel);
                    return new ReconAnswer.Done(Id: made);
                }

                if (await ReconSettings.LockRuleAsync(connection, clean.Id, cancel) is not { } held)
                {
                    return new ReconAnswer.Refused("unknown", "There is no such rule.");
                }

                if (!await ReconSettings.UpdateRuleAsync(connection, clean, actor.Name, cancel))
                {
                    return held.Version == clean.Version
                        ? new ReconAnswer.Refused("field", "There is a rule of this name already.", [new("name", "There is a rule of this name already.")])
                        : new ReconAnswer.Refused("moved", "Somebody changed this rule since you opened it.");
                }

                await AgainAsync(connection, held.Comparison, cancel);
                await AgainAsync(connection, clean.Comparison, cancel);
                return new ReconAnswer.Done(Id: clean.Id);
            },
            cancel);
    }

    /// <summary>Takes everything back that a rule matched, and has it match no more.</summary>
    public Task<ReconAnswer> TakeBackAsync(long rule, string why, Actor actor, CancellationToken cancel) =>
        ReconActing.Reason(why) is { } wrong ? Task.FromResult<ReconAnswer>(wrong)
        : acting.InAsync(
            actor, RulePermission, $"reconciliation/rule/{rule.ToString(CultureInfo.InvariantCulture)}", why.Trim(), null,
            async connection =>
            {
                if (await ReconSettings.LockRuleAsync(connection, rule, cancel) is not { } held)
                {
                    return new ReconAnswer.Refused("unknown", "There is no such rule.");
                }

                await ReconSettings.UpdateRuleAsync(connection, held with { Active = false }, actor.Name, cancel);
                var links = await connection.Command("select id from recon_link where rule_id = $1 and state = 'confirmed' order by id", Sql.Of(rule)).ListAsync(r => r.GetInt64(0), cancel);
                await ReconActs.LockLinksAsync(connection, links, cancel);
                await ReconActs.PartAsync(connection, links, actor.Name, why.Trim(), cancel);
                await connection.Command("update recon_link set state = 'gone' where rule_id = $1 and state = 'suggested'", Sql.Of(rule)).ExecuteAsync(cancel);
                await AgainAsync(connection, held.Comparison, cancel);
                return new ReconAnswer.Done(Math.Max(1, links.Count), Words: $"{links.Count.ToString(CultureInfo.InvariantCulture)} matches taken back.");
            },
            cancel);

    /// <summary>Lag, window and limits of a comparison.</summary>
    public Task<ReconAnswer> CompareAsync(ComparisonRow row, Actor actor, CancellationToken cancel)
    {
        var problems = new List<ReconProblem>();
        if (row.Lag < TimeSpan.Zero || row.Lag > TimeSpan.FromDays(60))
        {
            problems.Add(new("lag", "Enter a time from 0 hours to 60 days."));
        }

        foreach (var (field, value) in new (string, decimal?)[] { ("windowDays", row.WindowDays), ("mostItems", row.MostItems), ("mostValue", row.MostValue), ("mostDays", row.MostDays) })
        {
            if (value is < 0m or > 1_000_000_000m || (field == "windowDays" && value is 0m))
            {
                problems.Add(new(field, "Enter a number from nought up, or nothing."));
            }
        }

        return problems.Count > 0 ? Task.FromResult<ReconAnswer>(new ReconAnswer.Refused("field", problems[0].Words, problems)) : acting.InAsync(
            actor, RulePermission, $"reconciliation/comparison/{row.Name}", null, new Dictionary<string, string>(StringComparer.Ordinal) { ["lag"] = row.Lag.ToString("c", CultureInfo.InvariantCulture) },
            async connection =>
            {
                var changed = await connection.Command(
                        """
                        update recon_comparison set lag = $2, window_days = $3, most_items = $4, most_value = $5, most_days = $6, version = version + 1, changed_at = now(), changed_by = $7 where name = $1 and version = $8
                        """,
                        Sql.Of(row.Name), Sql.Of(row.Lag), Sql.Of(row.WindowDays, NpgsqlDbType.Integer), Sql.Of(row.MostItems, NpgsqlDbType.Integer), Sql.Of(row.MostValue, NpgsqlDbType.Numeric), Sql.Of(row.MostDays, NpgsqlDbType.Integer),
                        Sql.Of(actor.Name), Sql.Of(row.Version)).ExecuteAsync(cancel);
                if (changed == 0)
                {
                    return new ReconAnswer.Refused("moved", "Somebody changed this since you opened it.");
                }

                await AgainAsync(connection, row.Name, cancel);
                return new ReconAnswer.Done();
            },
            cancel);
    }

    /// <summary>Says who settles a means of payment of a channel; null and not settled: nobody, as with cash.</summary>
    public Task<ReconAnswer> RouteAsync(string channel, string method, string? processor, Actor actor, CancellationToken cancel) => acting.InAsync(
        actor, RulePermission, $"reconciliation/route/{channel}/{method}", null, new Dictionary<string, string>(StringComparer.Ordinal) { ["processor"] = processor ?? "nobody" },
        async connection =>
        {
            var known = processor is null || await connection.Command(
                "select exists (select from connection c where c.id = $1 and (c.role = 'processor' or exists (select from ledger_coverage v where v.connection_id = c.id and v.kind = 'payouts')))", Sql.Of(processor)).ScalarAsync<bool>(cancel);
            if (!known)
            {
                return new ReconAnswer.Refused("field", "This connection does not pay out.", [new("processor", "Choose who pays out.")]);
            }

            var changed = await connection.Command(
                    "update ledger_route set processor = $3, settled = $3::text is not null, changed_by = $4, changed_at = now() where channel = $1 and method = $2 and (settled is null or processor is distinct from $3)",
                    Sql.Of(channel), Sql.Of(method), Sql.Of(processor, NpgsqlDbType.Text), Sql.Of(actor.Name)).ExecuteAsync(cancel);
            if (changed > 0)
            {
                // What was paid that way, and what had no order because nobody knew whose it is, is looked at anew.
                await connection.Command("select recon_routed($1, $2, $3)", Sql.Of(channel), Sql.Of(method), Sql.Of(processor, NpgsqlDbType.Text)).ExecuteAsync(cancel);
            }

            return new ReconAnswer.Done(changed);
        },
        cancel);

    /// <summary>The most that a role may write off at once in a currency.</summary>
    /// <param name="most">Null: nothing.</param>
    public Task<ReconAnswer> LimitAsync(string role, string currency, decimal? most, Actor actor, CancellationToken cancel) =>
        most is < 0m or > 1_000_000_000m || !Currencies.IsCode(currency) || string.IsNullOrWhiteSpace(role)
            ? Task.FromResult<ReconAnswer>(new ReconAnswer.Refused("field", "Enter a role, a currency code and an amount from nought up.", [new("most", "Enter an amount from nought up.")]))
            : acting.InAsync(
                actor, RulePermission, $"reconciliation/limit/{role}/{currency}", null, new Dictionary<string, string>(StringComparer.Ordinal) { ["most"] = most?.ToString(CultureInfo.InvariantCulture) ?? "nothing" },
                async connection => new ReconAnswer.Done(most is { } limit
                    ? await connection.Command(
                            """
                            insert into recon_limit as l (role, currency, most, changed_by) values ($1, $2, $3, $4)
                            on conflict (role, currency) do update set most = excluded.most, changed_by = excluded.changed_by, changed_at = now() where l.most <> excluded.most
                            """,
                            Sql.Of(role), Sql.Of(currency), Sql.Of(limit), Sql.Of(actor.Name)).ExecuteAsync(cancel)
                    : await connection.Command("delete from recon_limit where role = $1 and currency = $2", Sql.Of(role), Sql.Of(currency)).ExecuteAsync(cancel)),
                cancel);

    /// <summary>Adds a reason that people may give, or changes one. What was decided for it keeps it.</summary>
    public Task<ReconAnswer> ReasonAsync(ReconReason reason, Actor actor, CancellationToken cancel)
    {
        var problems = new List<ReconProblem>();
        if (!Code().IsMatch(reason.Code))
        {
            problems.Add(new("code", "Write a code of small letters, digits and hyphens, such as bank-charge."));
        }

        if (string.IsNullOrWhiteSpace(reason.Title) || reason.Title.Trim().Length > 80)
        {
            problems.Add(new("title", "Give the reason a title of at most 80 characters."));
        }

        if (Empty(reason.Account) is { } account && !Code().IsMatch(account))
        {
            problems.Add(new("account", "Write the name of an account of the ERP's settings, such as fees, or nothing: then it is not booked."));
        }

        return problems.Count > 0 ? Task.FromResult<ReconAnswer>(new ReconAnswer.Refused("field", problems[0].Words, problems)) : acting.InAsync(
            actor, RulePermission, $"reconciliation/reason/{reason.Code}", null, new Dictionary<string, string>(StringComparer.Ordinal) { ["reason"] = reason.ToString() },
            async connection => new ReconAnswer.Done(await connection.Command(
                    """
                    insert into recon_reason as r (code, title, account, active) values ($1, $2, $3, $4)
                    on conflict (code) do update set title = excluded.title, account = excluded.account, active = excluded.active where (r.title, r.account, r.active) is distinct from (excluded.title, excluded.account, excluded.active)
                    """,
                    Sql.Of(reason.Code), Sql.Of(reason.Title.Trim()), Sql.Of(Empty(reason.Account), NpgsqlDbType.Text), Sql.Of(reason.Active)).ExecuteAsync(cancel)),
            cancel);
    }

    /// <summary>Says when the business day of a system ends. It holds for what is told from now on; what was told keeps its day.</summary>
    public Task<ReconAnswer> CutOffAsync(string system, TimeOnly ends, Actor actor, CancellationToken cancel) => acting.InAsync(
        actor, RulePermission, $"reconciliation/cut-off/{system}", null, new Dictionary<string, string>(StringComparer.Ordinal) { ["ends"] = ends.ToString("HH:mm", CultureInfo.InvariantCulture) },
        async connection => await connection.Command("select exists (select from connection where id = $1)", Sql.Of(system)).ScalarAsync<bool>(cancel)
            ? new ReconAnswer.Done(await connection.Command(
                    """
                    insert into ledger_cutoff as c (connection_id, ends_minute, changed_by) values ($1, $2, $3)
                    on conflict (connection_id) do update set ends_minute = excluded.ends_minute, changed_by = excluded.changed_by, changed_at = now() where c.ends_minute <> excluded.ends_minute
                    """,
                    Sql.Of(system), Sql.Of((int)ends.ToTimeSpan().TotalMinutes), Sql.Of(actor.Name)).ExecuteAsync(cancel))
            : new ReconAnswer.Refused("unknown", "There is no such system."),
        cancel);

    [GeneratedRegex("^[a-z][a-z0-9-]{1,40}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Code();

    // Everything that is open is settled and offered anew.
    private static Task<int> AgainAsync(Npgsql.NpgsqlConnection connection, string comparison, CancellationToken cancel) =>
        connection.Command("insert into recon_dirty (comparison, group_key) select comparison, group_key from recon_item where comparison = $1 and state <> 'closed'", Sql.Of(comparison)).ExecuteAsync(cancel);

    private static string? Empty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    // What is no expression anywhere is told with the other fields; what only the database cannot use, when it is asked.
    private static bool IsPattern(string text)
    {
        try
        {
            _ = new Regex(text, RegexOptions.None, TimeSpan.FromMilliseconds(100));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
