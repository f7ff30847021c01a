namespace ControlTower.Tests.Simulation;

/// <summary>What goes wrong with processes, clocks and the database, between any two steps.</summary>
internal sealed class Storm(Rig rig)
{
    private int strikes = rig.Random.Next(2, 11);
    private TimeSpan forward;

    public void MayStrike()
    {
        if (strikes == 0 || rig.Random.Next(12) > 0)
        {
            return;
        }

        strikes--;
        Strike(rig.Nodes[rig.Random.Next(rig.Nodes.Length)]);
    }

    /// <summary>Nothing more goes wrong, and what was wrong is put right.</summary>
    public void Heal()
    {
        rig.Trace.Write("the storm is over");
        rig.Estate.Stormy = false;
        rig.Estate.Down.Clear();
        foreach (var node in rig.Nodes)
        {
            (node.DatabaseAway, node.LosesReply) = (false, false);
        }
    }

    private void Strike(Node node)
    {
        var points = node.Points.DefaultIfEmpty("nothing in hand").ToList();
        switch (rig.Random.Next(9))
        {
            case 0 or 1:
                Say($"{node.Name} is killed");
                rig.Kill(node, "killed");
                break;
            case 2 or 3:
                Freeze(node, points);
                break;
            case 4:
                Say($"{node.Name} is told to end");
                rig.Kill(node, "ended");
                node.Stop();
                break;
            case 5:
                node.DatabaseAway = !node.DatabaseAway;
                Say($"the database of {node.Name} is {(node.DatabaseAway ? "away" : "back")}");
                rig.Meet(node.DatabaseAway ? "database away" : "database back", points);
                break;
            case 6:
                Say($"{node.Name} will not hear of its next commit");
                node.LosesReply = true;
                break;
            case 7:
                SetClock(node, points);
                break;
            default:
                var connection = rig.Random.Next(3) == 0 ? Estate.Shop : Estate.Erp;
                var down = rig.Estate.Down.Remove(connection) || !rig.Estate.Down.Add(connection);
                Say($"{connection} is {(down ? "back" : "down")}");
                rig.Meet(down ? "target back" : "target down", points);
                break;
        }
    }

    private void Freeze(Node node, List<string> points)
    {
        var time = TimeSpan.FromSeconds(rig.Random.Next(5, 31));
        Say($"{node.Name} freezes for {time.TotalSeconds} s");
        node.Freeze(time);
        rig.Meet("frozen", points);
    }

    /// <summary>Of a node: by up to a day. Of the database: back by up to an hour, on by less than the estate leaves between what it declares and what it does.</summary>
    private void SetClock(Node node, List<string> points)
    {
        var by = TimeSpan.FromSeconds(rig.Random.Next(5) switch { 0 => 1, 1 => 3_600, 2 => 86_400, 3 => 30, _ => 7 });
        var back = rig.Random.Next(2) == 0;
        if (rig.Random.Next(3) > 0)
        {
            Say($"the clock of {node.Name} is set {(back ? "back" : "on")} by {by.TotalSeconds} s");
            node.Clock.Skew += back ? -by : by;
            rig.Meet(back ? "clock set back" : "clock set on", points);
        }
        else if (back)
        {
            by = by < TimeSpan.FromHours(1) ? by : TimeSpan.FromHours(1);
            Say($"the clock of the database is set back by {by.TotalSeconds} s");
            rig.Tower.Now -= by;
            rig.Meet("database clock set back", points);
        }
        else if (by <= TimeSpan.FromSeconds(30) && forward + by <= TimeSpan.FromSeconds(60))
        {
            Say($"the clock of the database is set on by {by.TotalSeconds} s");
            forward += by;
            rig.Tower.Now += by;
            rig.Meet("database clock set on", points);
        }
    }

    private void Say(string what)
    {
        rig.Trace.Write($"  !! {what}");
        rig.Coverage.Hit("faults");
    }
}
