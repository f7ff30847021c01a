namespace ControlTower.Tests.Chaos;

/// <summary>What can happen to a tower of two webs and two workers. The comment names the row of the fault matrix.</summary>
internal enum ChaosFault
{
    KillWeb, // 1
    KillWorker, // 2: the one that sends to the ERPs
    KillSpareWorker, // 2
    KillAll, // 3
    FreezeWorker, // 4
    RollingRestart, // 5
    DatabaseRestart, // 7: as by pg_ctl -m immediate
    DatabaseRefuses, // 8
    DatabaseFrozen, // 9
    DatabaseSilent, // 10
    DatabaseSilentToOne, // 10: to one node alone
    SessionsEnded, // 11
    CommitReplyLost, // 12
    TableLocked, // 15
    ErpRefuses, // 20
    ErpSlow, // 21: now and then slower than the tower waits
    ErpThrottles, // 22
    ErpUnavailable, // 23: Retry-After as a date
    ErpFails, // 24: 500 before its commit
    ErpAnswerLost, // 25
    ErpAnswerSilent, // 25: as a time-out
    ErpCommitsLate, // 26
    ErpTalksNonsense, // 27
    ErpSaysNo, // 28
    ErpAcceptsOnly, // 29: 202, and never a word again
    ErpHalfOpen, // 30
    ErpDrips, // 30
    ShopAnswerLost, // 25, at the other end
    WebhooksDoubled, // 31
    WebhooksReordered, // 32
    WebhooksLate, // 33
    Burst, // 34: as many orders at once as else in twenty paces
    Poison, // 35
    JobLockOrphaned, // 41
}

/// <summary>One thing that is done to the tower.</summary>
/// <param name="At">After the beginning of the run.</param>
/// <param name="Lasts">Until it is healed; for a kill: until the process is started again.</param>
/// <param name="Pick">Chooses among the possible targets.</param>
internal sealed record Strike(int Number, TimeSpan At, ChaosFault Fault, TimeSpan Lasts, int Pick);
