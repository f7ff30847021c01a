namespace ControlTower.Data.Live;

/// <summary>What changed, coarse on purpose: a listener asks the database again, so a topic never carries data.</summary>
[Flags]
public enum LiveTopics
{
    None = 0,

    /// <summary>Orders moved: captured, posted, deferred, finished.</summary>
    Flows = 1,
    Cases = 2,

    /// <summary>Gates, breakers, budgets, queues, pauses, tests.</summary>
    Connections = 4,
    Nodes = 8,
    People = 16,

    /// <summary>Messages came in: of interest to pumps of other nodes, to no screen.</summary>
    Arrivals = 32,

    /// <summary>A batch was started, changed or moved on.</summary>
    Batches = 64,

    /// <summary>Somebody opened or left a case.</summary>
    Watchers = 128,

    /// <summary>An export was asked for or moved on: of interest to the person who asked and to the pumps.</summary>
    Exports = 256,

    /// <summary>A file of a till came in or was read on.</summary>
    Imports = 512,

    /// <summary>Goods were set aside, given back or moved outside of orders; channels were told their stock, or what they show was looked at.</summary>
    Stock = 1024,

    /// <summary>A promotion was planned, checked, decided on, or its prices moved.</summary>
    Promotions = 2048,

    /// <summary>Money was told by a system, matched, or decided on.</summary>
    Reconciliation = 4096,

    /// <summary>Key figures were reckoned, or somebody set a target.</summary>
    Kpis = 16_384,

    /// <summary>An incident was opened, changed, or harmed more or fewer transactions.</summary>
    Incidents = 8192,

    /// <summary>Rules of ownership were changed or decided on, or a write was settled.</summary>
    Ownership = 32_768,

    /// <summary>What screens and outsiders hear of.</summary>
    Shown = Flows | Cases | Connections | Nodes | People | Batches,
    All = Shown | Arrivals | Watchers | Exports | Imports | Stock | Promotions | Reconciliation | Incidents | Kpis | Ownership,
}
