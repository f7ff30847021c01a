using System.Reflection;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Promises;

/// <summary>docs/promises.md is made from the tests themselves, so that it promises nothing that no test proves. CT_REWRITE_GOLDENS=1 writes it anew.</summary>
public sealed class PromisesPageTests
{
    private static readonly (int Number, string Words)[] Promises =
    [
        (1, "A 2xx at a door means that bytes, headers and the key of the event are committed: it survives kill -9 of every process and an immediate stop of PostgreSQL."),
        (2, "A door answers within 4 s whatever state PostgreSQL is in, with 2xx or with 503 and `Retry-After`."),
        (3, "One event id is processed once, however often, late or at once it comes. The same id with other bytes is kept apart, with a case."),
        (4, "One posting in the ERP per order and document, whatever is redelivered, retried, edited or raced, also when the answer was lost."),
        (5, "Unknown is a state of its own: nothing is sent again before a look-up after the target's longest processing time, or before a person has decided."),
        (6, "Refunded is within captured per order and line, returned within sold; one credit memo and one refund per return, whatever is raced, also with refunds that the shop gives by itself."),
        (7, "Never more reserved than there is, for every caller; sold is the smaller of demand and supply."),
        (8, "What is held for a while ends exactly once: its goods left, an order took them over, they were given back, or its time was up by the database's clock."),
        (9, "Whatever the order in which an order's events come, the end is that of the life told in order; an older version never overwrites a newer."),
        (10, "What a dead process had in hand is taken up by another within 15 s, timers within 5 s."),
        (11, "A worker that lost its claim changes nothing."),
        (12, "A poison message is quarantined after at most three tries, crashes counted, while the others go on; a failing database is held against no message."),
        (13, "`Retry-After` is obeyed, a door that is down is tried gently, a vendor's limits hold, and nothing is repeated by a second layer."),
        (14, "An ERP that is silent holds up neither the door nor reservations, screens or other systems: nothing that it may keep waiting is shared with them."),
        (15, "Overload is refused with 503 and `Retry-After`; forged requests store nothing."),
        (16, "A promotion takes effect in its planned order, after somebody else agreed, each price read back from its channel; a stage that is not proven is not followed by the next."),
        (17, "A rollback leaves each price as it was before, whatever is down, late, lies or gives no answer meanwhile; what somebody else has changed since is left alone and listed. Until it is read back the promotion is rolling back."),
        (18, "A repair is a new revision with who, why and difference: the shop's statement stays, the key stays, of two editors one wins and the other hears what changed, and what succeeded is not sent again."),
        (19, "Every difference between what a channel sold, what the books hold, what the processor took and what the bank received is found, each once and by what it is; nothing else is, in whatever order and however often it is told."),
        (20, "Nobody does what their role may not, at any door, page, hub or dashboard."),
        (21, "A disabled person or a changed role takes effect within ten seconds."),
        (22, "No secret and nothing that names a customer in logs, traces, metrics, problem bodies, job arguments, error texts, cases or the audit trail."),
        (23, "Any change, removal, reordering or cut of the audit trail is found."),
        (24, "Orders that an older release left under way finish under this one."),
        (25, "Whoever sets a clock makes nothing happen twice, shortens no wait and loses no timer."),
        (26, "Yesterday's backup in the place of the database duplicates nothing: keys follow from the orders, and connectors look before they insert."),
        (27, "The same file or receipt twice is once, a reader that dies at any step is followed by another, and what is at fault is told with its line and column."),
        (28, "A file that goes out opens harmlessly in a spreadsheet: no text is calculated, and what is read back is what went out."),
        (29, "While the database only reads, has no session left or its disk is full, doors say 503, the node is not ready, nothing is half done, and all is back by itself."),
        (30, "A screen that has lost its tower says so, takes no act, and is back by itself where it was."),
    ];

    [Fact]
    public Task The_page_lists_every_promise_with_its_tests_its_sabotage_and_its_last_run()
    {
        LastRun.Take(Numbers<PromiseAttribute>(p => p.Number), Numbers<SabotageAttribute>(s => s.Promise));
        return Goldens.MatchAsync(Path.Combine(Repository.Root, "docs", "promises.md"), Page(LastRun.Read()));
    }

    [Fact]
    public void Every_promise_has_a_test_and_a_sabotage_and_every_test_names_a_promise_of_the_page()
    {
        var numbers = Promises.Select(p => p.Number).ToHashSet();
        Assert.Equal(numbers.Order(), Marked<PromiseAttribute>(p => p.Number).Select(m => m.Number).Distinct().Order());
        Assert.Equal(numbers.Order(), Marked<SabotageAttribute>(s => s.Promise).Select(m => m.Number).Distinct().Order());
    }

    private static List<string> Page(LastRun? last)
    {
        var tests = Marked<PromiseAttribute>(p => p.Number).ToLookup(m => m.Number, m => m.Test);
        var sabotages = Marked<SabotageAttribute>(s => s.Promise).ToLookup(m => m.Number, m => m.Test);
        List<string> lines =
        [
            "# Promises",
            "",
            "What the tower guarantees, and the tests that prove it. A *sabotage* takes the guard away once and sees the harm: without it the tests of that promise would prove nothing.",
            "",
            "- `./tower test --filter-trait Promise=4` runs what proves the fourth promise, `--filter-trait Sabotage=4` its sabotage.",
            "- `./tower chaos --seed 42 --minutes 10` plays two webs, two workers, shops and an ERP under kills, outages and lost answers, and counts every acknowledgement, order, return, held piece and price.",
            "- `KILLS=300 ./tower test --filter-class '*DeadWorkerTests'` kills a working worker three hundred times instead of four and measures how long its work lay there.",
            "- `SEEDS=0-1000000 ./tower test --filter-trait Promise=9` plays a million lives of orders instead of ten thousand.",
            "- `SEEDS=0-1000000 ./tower test --filter-class '*RigTests'` plays two nodes, their database, a shop and an ERP in one process, with faults between any two steps; a red run names its seed.",
            "- `SEEDS=0-1000 ./tower test --filter-class '*PromotionSeedTests'` plays a thousand promotions over four systems instead of twenty; it takes about a second a seed.",
            "- `./tower verify` checks the data of any tower with a program of its own.",
            "",
            "This page is made from the marks on the tests and checked with them.",
            .. last is null ? [] : (string[])["", $"The last whole run on record: {last.At}, commit `{last.Commit}`, {last.Passed} passed, {last.Failed} failed, {last.Skipped} skipped, in {last.Minutes} minutes. `./tower record` makes another."],
        ];
        foreach (var (number, words) in Promises)
        {
            lines.AddRange(["", $"## P{number}", "", words, ""]);
            lines.AddRange(tests[number].Select(test => $"- {test}"));
            lines.AddRange(sabotages[number].Select(test => $"- *sabotage:* {test}"));
            if (last?.Promises.GetValueOrDefault(number) is { } shown)
            {
                lines.AddRange(["", $"Last run: {shown}; sabotage: {last.Sabotages.GetValueOrDefault(number)?.ToString() ?? "none"}."]);
            }
        }

        return lines;
    }

    private static Func<string, string, IEnumerable<int>> Numbers<TMark>(Func<TMark, int> number)
        where TMark : Attribute => (type, method) => typeof(PromisesPageTests).Assembly.GetType(type)!.GetMethods().Where(m => m.Name == method).SelectMany(m => m.GetCustomAttributes<TMark>()).Select(number).Distinct();

    private static List<(int Number, string Test)> Marked<TMark>(Func<TMark, int> number)
        where TMark : Attribute =>
    [
        .. typeof(PromisesPageTests).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributes<TMark>().Select(mark => (number(mark), $"{method.Name.Replace('_', ' ')} (`{method.DeclaringType!.Name}`)")))
            .OrderBy(m => m.Item1).ThenBy(m => m.Item2, StringComparer.Ordinal),
    ];
}
