//! A job for Pipeloom networks, in a plugin.

use pipeloom_job::typed::{Connector, ConnectorJob, Output};
use pipeloom_job::{
    ArgsError, CodecName, Flow, Job, JobError, Kind, PortList, PortType, Ports, export_jobs,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What the job takes from the network file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MyJobArgs {
    /// What each number is multiplied by.
    factor: i64,
}

/// Multiplies numbers.
struct MyJob {
    factor: i64,
}

impl Kind for MyJob {
    const NAME: &'static str = "my-job";
    const ABOUT: &'static str = "multiplies numbers";
    type Args = MyJobArgs;

    fn ports(_args: &MyJobArgs) -> Result<Ports, ArgsError> {
        let numbers = || PortList::one(PortType::codecs(&[CodecName::Json]));
        Ok(Ports::new(numbers(), numbers()))
    }

    fn make(args: MyJobArgs) -> Result<Box<dyn Job>, ArgsError> {
        let MyJobArgs { factor } = args;
        Ok(ConnectorJob::boxed(MyJob { factor }))
    }
}

impl Connector for MyJob {
    type In = i64;
    type Out = i64;

    fn step(&mut self, number: i64, out: &mut Output<'_, i64>) -> Result<Flow, JobError> {
        out.send(&(number * self.factor))?;
        Ok(Flow::Again)
    }
}

export_jobs! { MyJob }

#[cfg(test)]
mod tests {
    use pipeloom_job::testing::JobTest;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_multiplied() {
        let done = JobTest::new::<MyJob>().args(json!({ "factor": 10 })).input(0, [1, 2]).run();
        assert_eq!(done.values::<i64>(0), [10, 20]);
    }
}
