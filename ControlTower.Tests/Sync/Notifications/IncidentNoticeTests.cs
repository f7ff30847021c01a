using ControlTower.Data.Incidents;
using ControlTower.Data.Notifications;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Notifications;

/// <summary>People hear of an incident once for each thing that happens to it; others hear of it when nobody takes it.</summary>
public sealed class IncidentNoticeTests
{
    [Fact]
    public async Task An_incident_is_told_when_it_opens_and_a_second_place_hears_only_of_what_nobody_takes()
    {
        await using var world = await NotificationWorld.CreateAsync();
        var first = await world.ChannelAsync(world.HookDraft(events: [NoticeKind.Incident]));
        var second = await world.ChannelAsync(world.HookDraft(name: "Boss", events: [NoticeKind.IncidentUntaken]));
        const string Signal = "select incident_signal('connection', 'bc-eu', 'ERP does not answer', '{0}', 'The breaker is open.', p_system => 'bc-eu')";
        await world.Database.ExecuteAsync(Signal.Replace("{0}", "major", StringComparison.Ordinal));
        await world.Database.ExecuteAsync(Signal.Replace("{0}", "major", StringComparison.Ordinal));
        await NotificationWorld.TurnAsync(world.Node());
        var body = System.Text.Encoding.UTF8.GetString(Assert.Single(world.Hook.Received).Body);
        Assert.Contains("I-1 ERP does not answer (major), opened: The breaker is open.", body, StringComparison.Ordinal);
        Assert.Contains("https://tower.example/incidents/1", body, StringComparison.Ordinal);

        Assert.Equal(0, await IncidentWork.EscalateAsync(world.Database.Sources.Work, default));
        await world.Database.ExecuteAsync("update incident set detected_at = now() - interval '16 minutes', began_at = now() - interval '16 minutes'");
        Assert.Equal(1, await IncidentWork.EscalateAsync(world.Database.Sources.Work, default));
        Assert.Equal(0, await IncidentWork.EscalateAsync(world.Database.Sources.Work, default));
        await world.Database.ExecuteAsync(Signal.Replace("{0}", "critical", StringComparison.Ordinal));
        Assert.Equal(1, await world.Database.ScalarAsync<long>($"select count(*) from notification where channel_id = '{second}'"));
        Assert.Equal(2, await world.Database.ScalarAsync<long>($"select count(*) from notification where channel_id = '{first}'"));
    }
}
